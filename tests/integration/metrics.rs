//! The metrics that Prometheus reads from the processes of an installation.

use std::net::{Ipv4Addr, SocketAddr};

use mini_compete::{jobs::Queues, model::MessageKind, ops::Clock, store::ports::Envelope};
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;

use crate::harness::{
    App, Backend, Client, Program, Storage,
    process::{Server, free_port},
    spawn_app_with_clock, wait_until,
};

/// The metrics endpoint of a process.
struct MetricsEndpoint {
    address: SocketAddr,
    client: Client,
}

impl MetricsEndpoint {
    /// Chooses a free port, on which a process is started later.
    fn on_free_port() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        Self {
            address,
            client: Client::new(address),
        }
    }

    /// Returns the value of the first sample of a metric with all these labels, or `None` if there is none.
    async fn read(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let reply = self.client.try_get("/metrics").await.ok()?;
        assert_eq!(reply.status, StatusCode::OK);
        let kind = reply.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        let labels: Vec<_> = labels.iter().map(|(l, v)| format!("{l}=\"{v}\"")).collect();
        let line = reply.text.lines().find(|line| {
            let rest = line.strip_prefix(name).unwrap_or_default();
            rest.starts_with(['{', ' ']) && labels.iter().all(|label| rest.contains(label))
        })?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Waits until the sample has a value.
    async fn wait_for(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        let condition = format!("{name}{labels:?} is {value}");
        wait_until(&condition, || async {
            self.read(name, labels).await == Some(value)
        })
        .await;
    }

    /// Asserts that the value of the sample is positive.
    async fn assert_positive(&self, name: &str, labels: &[(&str, &str)]) {
        let value = self.read(name, labels).await;
        assert!(
            value.is_some_and(|n| n > 0.0),
            "{name}{labels:?}: {value:?}"
        );
    }
}

/// Starts an application with the clock of the machine.
async fn app() -> App {
    let storage = Storage::create(Backend::Postgres).await;
    spawn_app_with_clock(Clock::system(), storage, &[]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_and_its_confirmation_appear_in_the_metrics() {
    let app = app().await;
    let (web_metrics, worker_metrics) = (
        MetricsEndpoint::on_free_port(),
        MetricsEndpoint::on_free_port(),
    );
    let bind = web_metrics.address.to_string();
    let arguments = ["serve", "--no-worker", "--no-scheduler"];
    let web = Server::start_with(&app.storage, &arguments, &[("METRICS_BIND", &bind)]).await;
    let competition = app.competition(2, false).await.id;
    let participants = app.participants(3).await;
    for (participant, expected) in participants.into_iter().zip([201, 201, 409]) {
        let client = web.client().with_token(app.token(participant).await);
        let reply = client.register(competition, "k").await;
        assert_eq!(reply.status.as_u16(), expected, "{}", reply.text);
    }
    let registrations = "mc_registrations_total";
    web_metrics
        .wait_for(registrations, &[("outcome", "accepted")], 2.0)
        .await;
    web_metrics
        .wait_for(registrations, &[("outcome", "refused")], 1.0)
        .await;
    web_metrics
        .wait_for("mc_registration_duration_seconds_count", &[], 3.0)
        .await;
    web_metrics
        .wait_for("mc_registration_batch_size_sum", &[], 3.0)
        .await;
    let route = ("route", "/api/v1/competitions/{id}/registrations");
    let created = [route, ("method", "POST"), ("status", "201")];
    web_metrics
        .wait_for("mc_http_requests_total", &created, 2.0)
        .await;
    web_metrics
        .wait_for("mc_http_request_duration_seconds_count", &[route], 3.0)
        .await;
    web_metrics
        .assert_positive("mc_db_query_duration_seconds_count", &[])
        .await;

    let bind = worker_metrics.address.to_string();
    let worker = Program::start(&app.storage, &["worker"], &[("METRICS_BIND", &bind)]);
    for queue in Queues::ALL {
        worker_metrics
            .wait_for("mc_dead_letters_total", &[("queue", queue)], 0.0)
            .await;
    }
    let kind = ("kind", "confirmation");
    worker_metrics
        .wait_for("mc_jobs_total", &[kind, ("outcome", "done")], 2.0)
        .await;
    worker_metrics
        .wait_for("mc_job_duration_seconds_count", &[kind], 2.0)
        .await;
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 2);
    let unreadable = [Envelope::new("{")];
    let queue = &app.ports.queue;
    queue.push(Queues::REGISTRATION, &unreadable).await.unwrap();
    let queue = ("queue", Queues::REGISTRATION);
    worker_metrics
        .wait_for("mc_dead_letters_total", &[queue], 1.0)
        .await;
    worker_metrics
        .wait_for("mc_queue_depth", &[queue], 0.0)
        .await;
    worker_metrics.wait_for("mc_seat_drift", &[], 0.0).await;
    worker_metrics
        .assert_positive("mc_db_query_duration_seconds_count", &[])
        .await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seat_drift_and_waiting_jobs_appear_in_the_metrics() {
    let app = app().await;
    let competition = app.competition(5, false).await.id;
    app.competition(5, false).await;
    app.register_all(&app.participants(3).await, competition)
        .await;
    let drift = format!("UPDATE competitions SET seats_left = 1 WHERE id = '{competition}'");
    app.database()
        .write()
        .execute_unprepared(&drift)
        .await
        .unwrap();

    let metrics = MetricsEndpoint::on_free_port();
    let bind = metrics.address.to_string();
    let blocked = [
        ("METRICS_BIND", bind.as_str()),
        ("MC_FAILPOINT", "after-take"),
    ];
    let worker = Program::start(&app.storage, &["worker"], &blocked);
    metrics.wait_for("mc_seat_drift", &[], 1.0).await;
    let queue = ("queue", Queues::REGISTRATION);
    metrics.wait_for("mc_queue_depth", &[queue], 3.0).await;
    // A process that has not run the check itself shows the result of the other process.
    let other_metrics = MetricsEndpoint::on_free_port();
    let bind = other_metrics.address.to_string();
    let other = Program::start(&app.storage, &["worker"], &[("METRICS_BIND", &bind)]);
    other_metrics.wait_for("mc_seat_drift", &[], 1.0).await;
    other.kill().await;
    worker.kill().await;
}
