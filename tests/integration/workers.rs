//! Workers that die, are slow, are stopped, or get the same job: every job is done, and none is done twice.

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
    model::MessageKind,
    store::{InfrastructureError, Transaction, entity::outbox_job},
};
use sea_orm::EntityTrait;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    harness::{App, HeartbeatRecorder, wait_until},
    on_both_backends,
};

on_both_backends!(
    the_jobs_of_a_dead_worker_return_to_the_queue,
    a_slow_worker_is_not_considered_dead,
    a_job_that_takes_too_long_fails,
    a_stopping_worker_finishes_started_jobs_and_returns_the_others,
    an_external_effect_is_performed_by_one_worker_at_a_time,
    a_job_that_waits_for_a_retry_is_not_tried_when_it_is_delivered_again,
);

async fn the_jobs_of_a_dead_worker_return_to_the_queue(app: App) {
    let competition = app.competition(50, false).await;
    let participants = app.participants(50).await;
    app.register_all(&participants, competition.id).await;
    let queue = &app.ports.queue;
    let name = Queues::REGISTRATION;
    wait_until("all jobs are pushed", || async {
        queue.depth(name).await.unwrap().ready == 50
    })
    .await;
    queue.heartbeat(name, "dead").await.unwrap();
    let held = queue.take(name, "dead", 50, Duration::ZERO).await.unwrap();
    assert_eq!(held.len(), 50);
    assert_eq!(app.run_ready_jobs().await, 0);

    app.clock.advance(TimeDelta::seconds(10));
    app.worker()
        .maintain(name, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(
        app.run_ready_jobs().await,
        0,
        "the worker may still be alive"
    );
    app.clock.advance(TimeDelta::seconds(6));
    app.worker()
        .maintain(name, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(app.run_ready_jobs().await, 50);
    assert_eq!(app.open_jobs().await, 0);
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 50);
}

/// Work that waits for a permit in the middle, and counts how often it was started and completed.
struct PausedWork {
    permits: Semaphore,
    started: AtomicUsize,
    completed: AtomicUsize,
}

impl PausedWork {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            permits: Semaphore::new(0),
            started: AtomicUsize::new(0),
            completed: AtomicUsize::new(0),
        })
    }

    async fn run(&self) {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.permits.acquire().await.unwrap().forget();
        self.completed.fetch_add(1, Ordering::SeqCst);
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

async fn a_slow_worker_is_not_considered_dead(app: App) {
    let work = PausedWork::new();
    let heartbeats = HeartbeatRecorder::new(&app);
    let heartbeat = Heartbeat {
        interval: Duration::from_millis(20),
        ..Heartbeat::default()
    };
    let worker = Worker {
        context: Context {
            queue: Arc::clone(&heartbeats) as _,
            ..app.worker().context
        },
        heartbeat,
        ..app.worker_with_confirmation_handler(Pausing(Arc::clone(&work)))
    };
    app.enqueue_confirmations(3).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    // The second worker would get the jobs of the first one if that were considered dead.
    worker.spawn(|_| 2, &tracker, &stop);
    wait_until("a batch is started", || async {
        work.started.load(Ordering::SeqCst) == 1
    })
    .await;
    // Almost four times as long as a worker may be silent.
    for _ in 0..8 {
        app.clock.advance(TimeDelta::seconds(7));
        worker
            .maintain(Queues::REGISTRATION, &CancellationToken::new())
            .await
            .unwrap();
        let now = app.clock.now();
        wait_until("both workers have sent a heartbeat", || async {
            heartbeats.workers_alive_since(Queues::REGISTRATION, now) == 2
        })
        .await;
    }
    work.permits.add_permits(100);
    wait_until("the batch is done", || async { app.open_jobs().await == 0 }).await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert_eq!(
        work.started.load(Ordering::SeqCst),
        1,
        "the worker was considered dead"
    );
}

async fn a_job_that_takes_too_long_fails(app: App) {
    let worker = Worker {
        context: Context {
            job_timeout: Duration::from_millis(50),
            ..app.worker().context
        },
        ..app.worker_with_confirmation_handler(Pausing(PausedWork::new()))
    };
    app.enqueue_confirmations(2).await;
    app.run_jobs_with_retries_by(&worker).await;
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 2);
    assert!(dead[0].error.contains("took longer"), "{}", dead[0].error);
}

async fn a_stopping_worker_finishes_started_jobs_and_returns_the_others(app: App) {
    let work = PausedWork::new();
    let effect: Arc<dyn Effect> = Arc::new(Pausing(Arc::clone(&work)));
    let worker = Worker {
        handlers: Handlers::default().with_effect(job_kinds::CONFIRMATION, effect),
        ..app.worker()
    };
    app.enqueue_confirmations(12).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    worker.spawn(|_| 1, &tracker, &stop);
    wait_until("some jobs are started", || async {
        work.started.load(Ordering::SeqCst) == 4
    })
    .await;
    stop.cancel();
    work.permits.add_permits(100);
    tracker.close();
    tokio::time::timeout(Duration::from_secs(10), tracker.wait())
        .await
        .unwrap();
    assert_eq!(
        work.completed.load(Ordering::SeqCst),
        4,
        "no job was started after the shutdown signal"
    );
    let depth = app.ports.queue.depth(Queues::REGISTRATION).await.unwrap();
    assert_eq!((depth.ready, depth.in_hand), (8, 0));
    assert_eq!(app.open_jobs().await, 8);
}

async fn an_external_effect_is_performed_by_one_worker_at_a_time(app: App) {
    let work = PausedWork::new();
    let effect: Arc<dyn Effect> = Arc::new(Pausing(Arc::clone(&work)));
    let worker = Worker {
        handlers: Handlers::default().with_effect(job_kinds::CONFIRMATION, effect),
        ..app.worker()
    };
    let jobs = app.enqueue_confirmations(1).await;
    outbox::push(&*app.ports.queue, &jobs).await.unwrap();
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    worker.spawn(|_| 3, &tracker, &stop);
    wait_until("the second delivery waits for the first", || async {
        app.ports
            .queue
            .depth(Queues::REGISTRATION)
            .await
            .unwrap()
            .delayed
            == 1
    })
    .await;
    assert_eq!(work.started.load(Ordering::SeqCst), 1);
    work.permits.add_permits(1);
    wait_until("the job is done", || async { app.open_jobs().await == 0 }).await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert_eq!(work.started.load(Ordering::SeqCst), 1);
}

/// An effect that always fails.
struct FailingEffect;

#[async_trait]
impl Effect for FailingEffect {
    async fn perform(&self, _: &Job, _: DateTime<Utc>) -> Result<bool, Failure> {
        Err(Failure::Transient("expected failure".to_owned()))
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

async fn a_job_that_waits_for_a_retry_is_not_tried_when_it_is_delivered_again(app: App) {
    let worker = Worker {
        handlers: Handlers::default().with_effect(job_kinds::CONFIRMATION, Arc::new(FailingEffect)),
        ..app.worker()
    };
    let jobs = app.enqueue_confirmations(1).await;
    assert_eq!(worker.tick().await.unwrap(), 1);
    for _ in 0..3 {
        outbox::push(&*app.ports.queue, &jobs).await.unwrap();
        assert_eq!(
            worker.tick().await.unwrap(),
            1,
            "the job is delivered again"
        );
    }
    let row = outbox_job::Entity::find().one(app.database().read()).await;
    assert_eq!(row.unwrap().unwrap().attempts, 1, "the job was tried once");
    app.clock.advance(TimeDelta::milliseconds(2_300));
    assert_eq!(worker.tick().await.unwrap(), 1, "the retry is due");
    let row = outbox_job::Entity::find().one(app.database().read()).await;
    assert_eq!(row.unwrap().unwrap().attempts, 2);
}
