//! Figures for Prometheus: their names, their meaning, and the page that shows them.

use std::{sync::OnceLock, time::Duration};

use axum::{Router, http::header, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// The names, as the contract fixes them.
pub mod names {
    /// Answers to registrations, by `outcome`.
    pub const REGISTRATIONS: &str = "mc_registrations_total";
    /// From the request for a seat to its answer.
    pub const REGISTRATION_SECONDS: &str = "mc_registration_duration_seconds";
    /// How many people one transaction served.
    pub const BATCH_SIZE: &str = "mc_registration_batch_size";
    /// Jobs known to a `queue`.
    pub const QUEUE_DEPTH: &str = "mc_queue_depth";
    /// How long a job of a `kind` took.
    pub const JOB_SECONDS: &str = "mc_job_duration_seconds";
    /// Jobs done, by `kind` and `outcome`.
    pub const JOBS: &str = "mc_jobs_total";
    /// Jobs given up, by `queue`.
    pub const DEAD_LETTERS: &str = "mc_dead_letters_total";
    /// How long the database took.
    pub const DB_SECONDS: &str = "mc_db_query_duration_seconds";
    /// Requests answered, by `route`, `method` and `status`.
    pub const HTTP_REQUESTS: &str = "mc_http_requests_total";
    /// How long a request to a `route` took.
    pub const HTTP_SECONDS: &str = "mc_http_request_duration_seconds";
    /// Connections that are open.
    pub const HTTP_CONNECTIONS: &str = "mc_http_connections";
    /// Connections that were refused, by `reason`: `total` or `address`.
    pub const HTTP_CONNECTIONS_REFUSED: &str = "mc_http_connections_refused_total";
    /// Competitions whose counter and rows disagree; must read 0.
    pub const SEAT_DRIFT: &str = "mc_seat_drift";
}

/// From half a millisecond to the time at which requests are given up.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0,
];
/// Up to the largest batch a desk takes.
const PEOPLE: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// How often old samples are folded into the histograms.
const UPKEEP: Duration = Duration::from_secs(5);

/// Where the figures are collected. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Starts collecting, once a process; later calls give the same collection.
    ///
    /// # Errors
    /// When another recorder was installed before.
    pub fn start() -> Result<Self, BuildError> {
        static STARTED: OnceLock<PrometheusHandle> = OnceLock::new();
        if let Some(handle) = STARTED.get() {
            return Ok(Self {
                handle: handle.clone(),
            });
        }
        let recorder = builder()?.build_recorder();
        let handle = recorder.handle();
        let first = match metrics::set_global_recorder(recorder) {
            Ok(()) => {
                describe();
                STARTED.get_or_init(|| handle)
            }
            // Another thread was faster: theirs is the one that collects.
            Err(error) => STARTED.get().ok_or_else(|| BuildError::from(error))?,
        };
        Ok(Self {
            handle: first.clone(),
        })
    }

    /// All figures, in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Keeps the collection small for as long as it is polled; never ends.
    pub async fn upkeep(self) {
        let mut tick = tokio::time::interval(UPKEEP);
        loop {
            tick.tick().await;
            self.handle.run_upkeep();
        }
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Full(names::BATCH_SIZE.to_owned()), PEOPLE)
}

fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!(names::REGISTRATIONS, "Answers to registrations");
    describe_histogram!(
        names::REGISTRATION_SECONDS,
        Unit::Seconds,
        "From the request for a seat to its answer"
    );
    describe_histogram!(
        names::BATCH_SIZE,
        "Commands of one competition that were committed together"
    );
    describe_gauge!(names::QUEUE_DEPTH, "Jobs ready, in hand or delayed");
    describe_histogram!(names::JOB_SECONDS, Unit::Seconds, "How long a job took");
    describe_counter!(names::JOBS, "Jobs that ended");
    describe_counter!(names::DEAD_LETTERS, "Jobs given up");
    describe_histogram!(
        names::DB_SECONDS,
        Unit::Seconds,
        "How long the database took"
    );
    describe_counter!(names::HTTP_REQUESTS, "HTTP requests answered");
    describe_histogram!(
        names::HTTP_SECONDS,
        Unit::Seconds,
        "How long an HTTP request took, to the head of its answer"
    );
    describe_gauge!(names::HTTP_CONNECTIONS, "HTTP connections that are open");
    describe_counter!(
        names::HTTP_CONNECTIONS_REFUSED,
        "HTTP connections refused because as many as may be were open"
    );
    describe_gauge!(
        names::SEAT_DRIFT,
        "Competitions whose counter and rows disagree; must read 0"
    );
}

/// `/metrics`, to be served on an address of its own.
pub fn router(metrics: Metrics) -> Router {
    Router::new().route(
        "/metrics",
        get(move || {
            let text = metrics.render();
            async move {
                (
                    [(
                        header::CONTENT_TYPE,
                        "text/plain; version=0.0.4; charset=utf-8",
                    )],
                    text,
                )
            }
        }),
    )
}
