//! Processes on machines whose clocks are 20 s apart, on one PostgreSQL and one Redis.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::registration::job_kinds,
    jobs::{
        Context, Effect, Failure, Handler, HandlerOutput, Handlers, Heartbeat, Job, Queues, outbox,
        worker::Worker,
    },
    ops::Clock,
    store::{InfrastructureError, Transaction},
};
use reqwest::StatusCode;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::harness::{App, Backend, Place, spawn_app_by, until};

/// One whose clock is 10 s behind and one whose clock is 10 s ahead.
async fn machines() -> [App; 2] {
    let place = Place::fresh(Backend::Postgres).await;
    let by = |seconds| Clock::off_by(TimeDelta::seconds(seconds));
    let behind = spawn_app_by(by(-10), place.share(), &[]).await;
    [behind, spawn_app_by(by(10), place, &[]).await]
}

/// Work that waits in the middle until it may go on; counts how often it began.
struct Held {
    may_end: Semaphore,
    begun: AtomicUsize,
}

impl Held {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            may_end: Semaphore::new(0),
            begun: AtomicUsize::new(0),
        })
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    async fn pass(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.may_end.acquire().await.unwrap().forget();
    }
}

struct Work(Arc<Held>);

#[async_trait]
impl Handler for Work {
    async fn handle(
        &self,
        _: &Transaction,
        jobs: &[Job],
        _: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError> {
        self.0.pass().await;
        Ok(HandlerOutput {
            results: jobs.iter().map(|_| Ok(())).collect(),
            new_jobs: Vec::new(),
        })
    }
}

#[async_trait]
impl Effect for Work {
    async fn perform(&self, _: &Job, _: DateTime<Utc>) -> Result<bool, Failure> {
        self.0.pass().await;
        Ok(true)
    }

    async fn record(
        &self,
        _: &Transaction,
        _: &Job,
        _: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        Ok(())
    }
}

/// Everything is done, nothing was given up.
async fn all_is_done(app: &App) {
    until("no job is open", || async { app.open_jobs().await == 0 }).await;
    assert_eq!(app.failed_jobs().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_clock_is_behind_is_not_taken_for_dead() {
    let [behind, ahead] = machines().await;
    let held = Held::new();
    let worker = Worker {
        heartbeat: Heartbeat {
            interval: Duration::from_millis(20),
            ..Heartbeat::default()
        },
        ..behind.confirming_with(Work(Arc::clone(&held)))
    };
    behind.enqueue(3).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    worker.spawn(|_| 1, &tracker, &stop);
    until("it is at work", || async { held.begun() == 1 }).await;
    let in_hand = || async {
        let depth = ahead.ports.queue.depth(Queues::REGISTRATION).await;
        depth.unwrap().in_hand
    };
    for _ in 0..20 {
        ahead
            .worker()
            .maintain(Queues::REGISTRATION, &CancellationToken::new())
            .await
            .unwrap();
        assert_eq!(in_hand().await, 3, "it was taken for dead");
    }
    held.may_end.add_permits(9);
    all_is_done(&ahead).await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert_eq!(held.begun(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_one_machine_has_claimed_is_not_begun_by_one_whose_clock_is_ahead() {
    let [behind, ahead] = machines().await;
    let held = Held::new();
    let worker = |app: &App| {
        let effect: Arc<dyn Effect> = Arc::new(Work(Arc::clone(&held)));
        Worker {
            handlers: Handlers::default().with_effect(job_kinds::CONFIRMATION, effect),
            // So that the claim holds for less than the clocks are apart.
            context: Context {
                job_timeout: Duration::from_secs(5),
                ..app.worker().context
            },
            ..app.worker()
        }
    };
    let jobs = behind.enqueue(1).await;
    let (first, second) = (worker(&behind), worker(&ahead));
    let first = tokio::spawn(async move { first.tick().await.unwrap() });
    until("it is at work", || async { held.begun() == 1 }).await;
    outbox::push(&*ahead.ports.queue, &jobs).await.unwrap();
    assert_eq!(second.tick().await.unwrap(), 1, "it is delivered twice");
    assert_eq!(held.begun(), 1, "it was begun twice");
    held.may_end.add_permits(9);
    first.await.unwrap();
    all_is_done(&ahead).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_tokens_are_taken_on_machines_whose_clocks_differ() {
    let [behind, ahead] = machines().await;
    let person = ahead.people(1).await[0];
    for (issuer, verifier) in [(&ahead, &behind), (&behind, &ahead)] {
        let client = verifier.client().with_token(issuer.token(person).await);
        let reply = client.get("/api/v1/me").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }
}
