//! Workers that are killed while they send to webhooks. Several processes share one PostgreSQL and one Redis, with the
//! machine's clock.

use std::collections::HashMap;

use mini_compete::ops::Clock;

use super::{ARGUMENTS, Organizer, Receiver, stored, verified};
use crate::harness::{Backend, Program, Storage, spawn_app_with_clock, wait_until};

const PEOPLE: usize = 20;

/// Kills a worker at a failpoint, and asserts that the next one delivers every event: each has one delivery, and is sent
/// again only if nobody could know that it was accepted.
async fn kill_worker_at(failpoint: &str) {
    let storage = Storage::create(Backend::Postgres).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &ARGUMENTS).await;
    let receiver = Receiver::start().await;
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, None).await;
    let private = ("WEBHOOK_ALLOW_PRIVATE", "on");
    let variables = [private, ("MC_FAILPOINT", failpoint)];
    let mut killed = Program::worker_with(&app.storage, &variables);
    let competition = app.competition_of(&olga.account, 30, false).await.id;
    app.register_all(&app.participants(PEOPLE).await, competition)
        .await;
    killed.wait_for_log("failpoint reached").await;
    killed.kill().await;

    let next = Program::worker_with(&app.storage, &[private]);
    wait_until("no job is open", || async { app.open_jobs().await == 0 }).await;
    assert_eq!(stored(&app).await, 2 * PEOPLE as u64);
    let mut times = HashMap::<String, usize>::new();
    for request in receiver.received() {
        *times
            .entry(request.header("webhook-id").to_owned())
            .or_default() += 1;
    }
    assert_eq!(times.len(), 2 * PEOPLE);
    assert!(times.values().all(|times| *times <= 2), "{times:?}");
    let told = verified(&receiver, &hook);
    assert!(told.iter().all(|one| one.starts_with("registration.c")));
    assert!(app.failed_jobs().await.is_empty());
    assert!(next.terminate().await, "a clean end after SIGTERM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_after_claiming_jobs_loses_no_event() {
    kill_worker_at("after-take").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_in_the_handler_leaves_no_delivery_twice() {
    kill_worker_at("in-handler").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_after_sending_loses_no_event() {
    kill_worker_at("after-effect").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_before_the_acknowledgement_loses_no_event() {
    kill_worker_at("before-ack").await;
}
