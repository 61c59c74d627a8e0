//! Metrics for Prometheus: their names, their descriptions, and the endpoint that exposes them.

use std::{sync::OnceLock, time::Duration};

use axum::{Router, http::header, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// The names of metrics, which are part of the contract with operators.
pub mod names {
    /// Counts responses to registrations, by `outcome`.
    pub const REGISTRATIONS: &str = "mc_registrations_total";
    /// Measures the time from a request for a seat to its response.
    pub const REGISTRATION_SECONDS: &str = "mc_registration_duration_seconds";
    /// Measures how many commands a batch holds.
    pub const BATCH_SIZE: &str = "mc_registration_batch_size";
    /// The number of jobs in a `queue`, in all states.
    pub const QUEUE_DEPTH: &str = "mc_queue_depth";
    /// Whether a `queue` is paused: 1 or 0.
    pub const QUEUE_PAUSED: &str = "mc_queue_paused";
    /// How long a `queue` waits after a job was refused because of the number of jobs; 0 at full speed.
    pub const QUEUE_WAIT: &str = "mc_queue_wait_seconds";
    /// Measures how long a job of a `kind` took.
    pub const JOB_SECONDS: &str = "mc_job_duration_seconds";
    /// Counts attempts of jobs, by `kind` and `outcome`.
    pub const JOBS: &str = "mc_jobs_total";
    /// Counts dead letters, by `queue`.
    pub const DEAD_LETTERS: &str = "mc_dead_letters_total";
    /// Measures how long a statement took.
    pub const DB_SECONDS: &str = "mc_db_query_duration_seconds";
    /// Counts responses, by `route`, `method` and `status`.
    pub const HTTP_REQUESTS: &str = "mc_http_requests_total";
    /// Measures how long a request to a `route` took.
    pub const HTTP_SECONDS: &str = "mc_http_request_duration_seconds";
    /// The number of open connections.
    pub const HTTP_CONNECTIONS: &str = "mc_http_connections";
    /// Counts connections that were refused, by `reason`: `total` or `address`.
    pub const HTTP_CONNECTIONS_REFUSED: &str = "mc_http_connections_refused_total";
    /// The number of competitions that violate the seat invariant; must be 0.
    pub const SEAT_DRIFT: &str = "mc_seat_drift";
}

/// The buckets of durations in seconds, up to the time limit of requests.
const DURATION_BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0,
];
/// The buckets of batch sizes, up to the largest batch.
const BATCH_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// How often samples are aggregated into the histograms.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The recorder of all metrics of this process. Cheap to clone.
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
    /// Installs the recorder. Later calls in the same process return the same one.
    ///
    /// # Errors
    /// Returns a [`BuildError`] if another recorder was installed before.
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
            // Another thread installed its recorder first.
            Err(error) => STARTED.get().ok_or_else(|| BuildError::from(error))?,
        };
        Ok(Self {
            handle: first.clone(),
        })
    }

    /// Returns all metrics in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Aggregates samples at intervals, so that memory stays bounded. It never returns.
    pub async fn upkeep(self) {
        let mut tick = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            tick.tick().await;
            self.handle.run_upkeep();
        }
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), DURATION_BUCKETS)?
        .set_buckets_for_metric(Matcher::Full(names::BATCH_SIZE.to_owned()), BATCH_BUCKETS)
}

/// Registers the descriptions that Prometheus shows.
fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!(names::REGISTRATIONS, "Responses to registrations");
    describe_histogram!(
        names::REGISTRATION_SECONDS,
        Unit::Seconds,
        "Time from a request for a seat to its response"
    );
    describe_histogram!(
        names::BATCH_SIZE,
        "Commands of one competition that were committed together"
    );
    describe_gauge!(
        names::QUEUE_DEPTH,
        "Jobs that are ready, claimed or delayed"
    );
    describe_gauge!(
        names::QUEUE_PAUSED,
        "1 if an administrator has paused the queue, else 0"
    );
    describe_gauge!(
        names::QUEUE_WAIT,
        Unit::Seconds,
        "How long the queue waits after a job was refused because of the number of jobs"
    );
    describe_histogram!(names::JOB_SECONDS, Unit::Seconds, "How long a job took");
    describe_counter!(names::JOBS, "Attempts of jobs that ended");
    describe_counter!(names::DEAD_LETTERS, "Dead letters");
    describe_histogram!(
        names::DB_SECONDS,
        Unit::Seconds,
        "How long a statement took"
    );
    describe_counter!(names::HTTP_REQUESTS, "HTTP responses");
    describe_histogram!(
        names::HTTP_SECONDS,
        Unit::Seconds,
        "How long an HTTP request took, to the head of its response"
    );
    describe_gauge!(names::HTTP_CONNECTIONS, "HTTP connections that are open");
    describe_counter!(
        names::HTTP_CONNECTIONS_REFUSED,
        "HTTP connections refused because the limit was reached"
    );
    describe_gauge!(
        names::SEAT_DRIFT,
        "Competitions that violate the seat invariant; must be 0"
    );
}

/// Returns the route `/metrics`, which is served on an address of its own.
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
