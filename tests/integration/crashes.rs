//! Crashes: killed processes, and a Redis that loses its data. Several processes share one PostgreSQL and one
//! Redis, with the machine's clock.

use std::collections::HashSet;

use chrono::Utc;
use mini_compete::{
    jobs::{Queues, outbox},
    model::{CompetitionId, MessageKind, RegistrationStatus},
    ops::Clock,
    store::entity::registration,
};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, prelude::*};
use tokio_util::sync::CancellationToken;

use crate::harness::{
    App, Backend, Place, Program,
    process::{Postgres, Redis},
    spawn_app_by, until,
};

async fn app() -> App {
    let place = Place::fresh(Backend::Postgres).await;
    spawn_app_by(Clock::system(), place, &[]).await
}

async fn registered(app: &App, count: usize) -> CompetitionId {
    let competition = app.competition(count as i64, false).await.id;
    let people = app.people(count).await;
    app.register_all(&people, competition).await;
    competition
}

/// Asserts that each registration has exactly one confirmation, and that no job is dead or open.
async fn assert_all_confirmed(app: &App, count: usize) {
    until("no job is open", || async { app.open_jobs().await == 0 }).await;
    until("nothing is left in a list", || async {
        let depth = app.ports.queue.depth(Queues::REGISTRATION).await.unwrap();
        depth.total() == 0
    })
    .await;
    let letters = app.messages(MessageKind::Confirmation).await;
    let about: HashSet<_> = letters.iter().map(|m| m.registration_id).collect();
    assert_eq!((letters.len(), about.len()), (count, count));
    let confirmed = registration::Entity::find()
        .filter(registration::Column::Status.eq(RegistrationStatus::Confirmed))
        .count(app.database().read())
        .await
        .unwrap();
    assert_eq!(confirmed, count as u64);
    assert!(app.failed_jobs().await.is_empty());
    app.assert_seat_invariant().await;
}

async fn killed_at(failpoint: &str) {
    let app = app().await;
    let mut doomed = Program::worker(&app.place, Some(failpoint));
    registered(&app, 40).await;
    doomed.says("failpoint reached").await;
    doomed.kill().await;
    let written = app.messages(MessageKind::Confirmation).await.len();
    if failpoint == "before-ack" {
        assert!(written > 0, "it was killed after the commit");
    } else {
        assert_eq!(written, 0, "it was killed before the commit");
    }
    let heir = Program::worker(&app.place, None);
    assert_all_confirmed(&app, 40).await;
    assert!(heir.terminate().await, "SIGTERM ends it cleanly");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_after_claiming_jobs_loses_none() {
    killed_at("after-take").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_in_the_handler_leaves_nothing_half_done() {
    killed_at("in-handler").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_before_the_acknowledgement_causes_no_second_message() {
    killed_at("before-ack").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_loses_its_data_loses_no_job() {
    let app = app().await;
    let worker = Program::worker(&app.place, None);
    registered(&app, 200).await;
    app.lose_the_lists().await;
    let competition = registered(&app, 200).await;
    app.lose_the_lists().await;
    let people = app.people(1).await;
    let full = mini_compete::model::IdempotencyKey::mint();
    let answer = app
        .services
        .registrations
        .register(people[0], competition, &full)
        .await
        .unwrap();
    assert_eq!(answer.response().status, 409);
    assert_all_confirmed(&app, 400).await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_wait_while_no_worker_runs() {
    let place = Place::fresh(Backend::Postgres).await;
    let app = spawn_app_by(Clock::manual(Utc::now()), place, &[]).await;
    registered(&app, 300).await;
    let queue = &app.ports.queue;
    let depth = || async { queue.depth(Queues::REGISTRATION).await.unwrap() };
    until("all are pushed", || async { depth().await.ready == 300 }).await;
    // Time enough for whoever takes a job that waits for one that was lost.
    for _ in 0..4 {
        app.clock.advance(outbox::LEASE);
        assert_eq!(app.sweep().await, 0, "nothing is missing");
        app.worker()
            .maintain(Queues::REGISTRATION, &CancellationToken::new())
            .await
            .unwrap();
    }
    assert_eq!((depth().await.ready, app.open_jobs().await), (300, 300));
    let worker = Program::worker(&app.place, None);
    assert_all_confirmed(&app, 300).await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_crashes_and_restarts_empty_loses_no_job() {
    let mut redis = Redis::start().await;
    let mut place = Place::fresh(Backend::Postgres).await;
    place.redis_url = Some(redis.url());
    let app = spawn_app_by(Clock::system(), place, &[]).await;
    let worker = Program::worker(&app.place, None);
    registered(&app, 100).await;
    redis.stop();
    // Registrations get their responses meanwhile.
    registered(&app, 100).await;
    redis.start_again().await;
    registered(&app, 100).await;
    assert_all_confirmed(&app, 300).await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_drops_its_connections_again_and_again_loses_no_job() {
    use sea_orm::ConnectionTrait;
    let app = app().await;
    let worker = Program::worker(&app.place, None);
    let drop_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND application_name = 'process'";
    for _ in 0..8 {
        registered(&app, 100).await;
        app.database()
            .write()
            .execute_unprepared(drop_all)
            .await
            .unwrap();
    }
    assert_all_confirmed(&app, 800).await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_crashes_and_restarts_loses_no_job_and_no_confirmation() {
    let mut postgres = Postgres::start().await;
    let redis = Redis::start().await;
    let place = Place::on(&postgres.url(), &redis.url()).await;
    let app = spawn_app_by(Clock::system(), place, &[]).await;
    registered(&app, 2_000).await;
    let worker = Program::worker(&app.place, None);
    until("the worker is in the middle of it", || async {
        !app.messages(MessageKind::Confirmation).await.is_empty()
    })
    .await;
    postgres.crash().await;
    postgres.start_again().await;
    // Connections from before the crash fail until they are replaced.
    until("the application reaches it again", || async {
        app.database().ping().await.is_ok()
    })
    .await;
    registered(&app, 100).await;
    assert_all_confirmed(&app, 2_100).await;
    assert!(worker.terminate().await);
}
