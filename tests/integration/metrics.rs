//! `/metrics`, as Prometheus reads it from the processes of an installation.

use std::net::{Ipv4Addr, SocketAddr};

use mini_compete::{jobs::Queues, model::MessageKind, ops::Clock, store::ports::Envelope};
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;

use crate::harness::{
    App, Backend, Client, Place, Program,
    process::{Server, free_port},
    spawn_app_by, until,
};

/// Where a process shows its figures.
struct Figures {
    address: SocketAddr,
    client: Client,
}

impl Figures {
    fn somewhere() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        Self {
            address,
            client: Client::new(address),
        }
    }

    /// The figure of this name that has all these labels; `None` while there is none.
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

    async fn becomes(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        let what = format!("{name}{labels:?} is {value}");
        until(&what, || async {
            self.read(name, labels).await == Some(value)
        })
        .await;
    }

    /// Expects at least one sample of the metric.
    async fn counts(&self, name: &str, labels: &[(&str, &str)]) {
        let figure = self.read(name, labels).await;
        assert!(
            figure.is_some_and(|n| n > 0.0),
            "{name}{labels:?}: {figure:?}"
        );
    }
}

async fn app() -> App {
    let place = Place::fresh(Backend::Postgres).await;
    spawn_app_by(Clock::system(), place, &[]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_and_its_confirmation_show_in_the_figures() {
    let app = app().await;
    let (at_web, at_work) = (Figures::somewhere(), Figures::somewhere());
    let bind = at_web.address.to_string();
    let alone = ["serve", "--no-worker", "--no-scheduler"];
    let web = Server::start_with(&app.place, &alone, &[("METRICS_BIND", &bind)]).await;
    let competition = app.competition(2, false).await.id;
    let people = app.people(3).await;
    for (person, expected) in people.into_iter().zip([201, 201, 409]) {
        let client = web.client().with_token(app.token(person).await);
        let reply = client.register(competition, "k").await;
        assert_eq!(reply.status.as_u16(), expected, "{}", reply.text);
    }
    let registrations = "mc_registrations_total";
    at_web
        .becomes(registrations, &[("outcome", "accepted")], 2.0)
        .await;
    at_web
        .becomes(registrations, &[("outcome", "refused")], 1.0)
        .await;
    at_web
        .becomes("mc_registration_duration_seconds_count", &[], 3.0)
        .await;
    at_web
        .becomes("mc_registration_batch_size_sum", &[], 3.0)
        .await;
    let route = ("route", "/api/v1/competitions/{id}/registrations");
    let taken = [route, ("method", "POST"), ("status", "201")];
    at_web.becomes("mc_http_requests_total", &taken, 2.0).await;
    at_web
        .becomes("mc_http_request_duration_seconds_count", &[route], 3.0)
        .await;
    at_web
        .counts("mc_db_query_duration_seconds_count", &[])
        .await;

    let bind = at_work.address.to_string();
    let worker = Program::start(&app.place, &["worker"], &[("METRICS_BIND", &bind)]);
    let kind = ("kind", "confirmation");
    at_work
        .becomes("mc_jobs_total", &[kind, ("outcome", "done")], 2.0)
        .await;
    at_work
        .becomes("mc_job_duration_seconds_count", &[kind], 2.0)
        .await;
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 2);
    let garbage = [Envelope::new("{")];
    let queue = &app.ports.queue;
    queue.push(Queues::REGISTRATION, &garbage).await.unwrap();
    let queue = ("queue", Queues::REGISTRATION);
    at_work
        .becomes("mc_dead_letters_total", &[queue], 1.0)
        .await;
    at_work.becomes("mc_queue_depth", &[queue], 0.0).await;
    at_work.becomes("mc_seat_drift", &[], 0.0).await;
    at_work
        .counts("mc_db_query_duration_seconds_count", &[])
        .await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_that_is_wrong_and_jobs_that_nobody_does_show_in_the_figures() {
    let app = app().await;
    let competition = app.competition(5, false).await.id;
    app.competition(5, false).await;
    app.register_all(&app.people(3).await, competition).await;
    let wrong = format!("UPDATE competitions SET seats_left = 1 WHERE id = '{competition}'");
    app.database()
        .write()
        .execute_unprepared(&wrong)
        .await
        .unwrap();

    let figures = Figures::somewhere();
    let bind = figures.address.to_string();
    let stuck = [
        ("METRICS_BIND", bind.as_str()),
        ("MC_FAILPOINT", "after-take"),
    ];
    let worker = Program::start(&app.place, &["worker"], &stuck);
    figures.becomes("mc_seat_drift", &[], 1.0).await;
    let queue = ("queue", Queues::REGISTRATION);
    figures.becomes("mc_queue_depth", &[queue], 3.0).await;
    // A process that did not look itself shows what the other one found.
    let others = Figures::somewhere();
    let bind = others.address.to_string();
    let other = Program::start(&app.place, &["worker"], &[("METRICS_BIND", &bind)]);
    others.becomes("mc_seat_drift", &[], 1.0).await;
    other.kill().await;
    worker.kill().await;
}
