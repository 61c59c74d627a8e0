//! Processes on machines whose clocks differ by 20 seconds, with one PostgreSQL and one Redis.

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

use crate::harness::{App, Backend, Storage, spawn_app_with_clock, wait_until};

/// Starts two applications: the clock of the first is 10 seconds behind, that of the second 10 seconds ahead.
async fn apps_behind_and_ahead() -> [App; 2] {
    let storage = Storage::create(Backend::Postgres).await;
    let clock = |seconds| Clock::off_by(TimeDelta::seconds(seconds));
    let behind = spawn_app_with_clock(clock(-10), storage.share(), &[]).await;
    [behind, spawn_app_with_clock(clock(10), storage, &[]).await]
}

/// Work that waits for a permit in the middle, and counts how often it was started.
struct PausedWork {
    permits: Semaphore,
    started: AtomicUsize,
}

impl PausedWork {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            permits: Semaphore::new(0),
            started: AtomicUsize::new(0),
        })
    }

    fn started(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }

    async fn run(&self) {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.permits.acquire().await.unwrap().forget();
    }
}

/// A handler and an effect that run [`PausedWork`].
struct Pausing(Arc<PausedWork>);

#[async_trait]
impl Handler for Pausing {
    async fn handle(
        &self,
        _: &Transaction,
        jobs: &[Job],
        _: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError> {
        self.0.run().await;
        Ok(HandlerOutput {
            results: jobs.iter().map(|_| Ok(())).collect(),
            ..HandlerOutput::default()
        })
    }
}

#[async_trait]
impl Effect for Pausing {
    async fn perform(&self, _: &Job, _: DateTime<Utc>) -> Result<bool, Failure> {
        self.0.run().await;
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

/// Asserts that the outbox becomes empty, and that no dead letter exists.
async fn assert_all_done(app: &App) {
    wait_until("no job is open", || async { app.open_jobs().await == 0 }).await;
    assert_eq!(app.failed_jobs().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_clock_is_behind_is_not_considered_dead() {
    let [behind, ahead] = apps_behind_and_ahead().await;
    let work = PausedWork::new();
    let worker = Worker {
        heartbeat: Heartbeat {
            interval: Duration::from_millis(20),
            ..Heartbeat::default()
        },
        ..behind.worker_with_confirmation_handler(Pausing(Arc::clone(&work)))
    };
    behind.enqueue_confirmations(3).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    worker.spawn(|_| 1, &tracker, &stop);
    wait_until("a job is started", || async { work.started() == 1 }).await;
    let claimed = || async {
        let depth = ahead.ports.queue.depth(Queues::REGISTRATION).await;
        depth.unwrap().in_hand
    };
    for _ in 0..20 {
        ahead
            .worker()
            .maintain(Queues::REGISTRATION, &CancellationToken::new())
            .await
            .unwrap();
        assert_eq!(claimed().await, 3, "the worker was considered dead");
    }
    work.permits.add_permits(9);
    assert_all_done(&ahead).await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert_eq!(work.started(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claimed_job_is_not_started_by_a_machine_whose_clock_is_ahead() {
    let [behind, ahead] = apps_behind_and_ahead().await;
    let work = PausedWork::new();
    let worker = |app: &App| {
        let effect: Arc<dyn Effect> = Arc::new(Pausing(Arc::clone(&work)));
        Worker {
            handlers: Handlers::default().with_effect(job_kinds::CONFIRMATION, effect),
            // Shorter than the difference of the clocks.
            context: Context {
                job_timeout: Duration::from_secs(5),
                ..app.worker().context
            },
            ..app.worker()
        }
    };
    let jobs = behind.enqueue_confirmations(1).await;
    let (first, second) = (worker(&behind), worker(&ahead));
    let first = tokio::spawn(async move { first.tick().await.unwrap() });
    wait_until("a job is started", || async { work.started() == 1 }).await;
    outbox::push(&*ahead.ports.queue, &jobs).await.unwrap();
    assert_eq!(
        second.tick().await.unwrap(),
        1,
        "the job is delivered twice"
    );
    assert_eq!(work.started(), 1, "the job was started twice");
    work.permits.add_permits(9);
    first.await.unwrap();
    assert_all_done(&ahead).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_tokens_are_valid_on_machines_whose_clocks_differ() {
    let [behind, ahead] = apps_behind_and_ahead().await;
    let participant = ahead.participants(1).await[0];
    for (issuer, verifier) in [(&ahead, &behind), (&behind, &ahead)] {
        let client = verifier
            .client()
            .with_token(issuer.token(participant).await);
        let reply = client.get("/api/v1/me").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }
}
