//! Workers: they die, take long, are told to stop, and get in each other's way; the jobs don't mind.

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
    both,
    harness::{App, Heartbeats, until},
};

both!(
    the_jobs_of_a_dead_worker_come_back,
    a_worker_that_takes_long_is_not_dead,
    a_job_that_takes_too_long_is_a_failure,
    stopping_finishes_what_is_in_hand_and_gives_the_rest_back,
    what_reaches_outside_is_done_by_one_at_a_time,
    what_waits_for_its_next_try_is_not_tried_when_it_is_delivered_once_more,
);

async fn the_jobs_of_a_dead_worker_come_back(app: App) {
    let competition = app.competition(50, false).await;
    let people = app.people(50).await;
    app.register_all(&people, competition.id).await;
    let queue = &app.ports.queue;
    let name = Queues::REGISTRATION;
    until("all are pushed", || async {
        queue.depth(name).await.unwrap().ready == 50
    })
    .await;
    queue.heartbeat(name, "doomed").await.unwrap();
    let held = queue
        .take(name, "doomed", 50, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(held.len(), 50);
    assert_eq!(app.work().await, 0);

    app.clock.advance(TimeDelta::seconds(10));
    app.worker()
        .maintain(name, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(app.work().await, 0, "it may still live");
    app.clock.advance(TimeDelta::seconds(6));
    app.worker()
        .maintain(name, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(app.work().await, 50);
    assert_eq!(app.open_jobs().await, 0);
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 50);
}

/// Waits at a gate in the middle of its work; counts who came and who went through.
struct Gate {
    open: Semaphore,
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            open: Semaphore::new(0),
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        })
    }

    async fn pass(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.open.acquire().await.unwrap().forget();
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

struct Gated(Arc<Gate>);

#[async_trait]
impl Handler for Gated {
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
impl Effect for Gated {
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

async fn a_worker_that_takes_long_is_not_dead(app: App) {
    let gate = Gate::new();
    let beats = Heartbeats::of(&app);
    let heartbeat = Heartbeat {
        interval: Duration::from_millis(20),
        ..Heartbeat::default()
    };
    let worker = Worker {
        context: Context {
            queue: Arc::clone(&beats) as _,
            ..app.worker().context
        },
        heartbeat,
        ..app.confirming_with(Gated(Arc::clone(&gate)))
    };
    app.enqueue(3).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    // Two workers: the second would be given what the first is thought to have lost.
    worker.spawn(|_| 2, &tracker, &stop);
    until("a batch is begun", || async {
        gate.begun.load(Ordering::SeqCst) == 1
    })
    .await;
    // Almost four times as long as the silence that means death.
    for _ in 0..8 {
        app.clock.advance(TimeDelta::seconds(7));
        worker
            .maintain(Queues::REGISTRATION, &CancellationToken::new())
            .await
            .unwrap();
        let now = app.clock.now();
        until("both have said that they live", || async {
            beats.since(Queues::REGISTRATION, now) == 2
        })
        .await;
    }
    gate.open.add_permits(100);
    until("the batch is done", || async { app.open_jobs().await == 0 }).await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1, "it was thought dead");
}

async fn a_job_that_takes_too_long_is_a_failure(app: App) {
    let worker = Worker {
        context: Context {
            job_timeout: Duration::from_millis(50),
            ..app.worker().context
        },
        ..app.confirming_with(Gated(Gate::new()))
    };
    app.enqueue(2).await;
    app.finish_off_with(&worker).await;
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 2);
    assert!(dead[0].error.contains("took longer"), "{}", dead[0].error);
}

async fn stopping_finishes_what_is_in_hand_and_gives_the_rest_back(app: App) {
    let gate = Gate::new();
    let effect: Arc<dyn Effect> = Arc::new(Gated(Arc::clone(&gate)));
    let worker = Worker {
        handlers: Handlers::default().with_effect(job_kinds::CONFIRMATION, effect),
        ..app.worker()
    };
    app.enqueue(12).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    worker.spawn(|_| 1, &tracker, &stop);
    until("some are begun", || async {
        gate.begun.load(Ordering::SeqCst) == 4
    })
    .await;
    stop.cancel();
    gate.open.add_permits(100);
    tracker.close();
    tokio::time::timeout(Duration::from_secs(10), tracker.wait())
        .await
        .unwrap();
    assert_eq!(
        gate.ended.load(Ordering::SeqCst),
        4,
        "no job was begun after the word to stop"
    );
    let depth = app.ports.queue.depth(Queues::REGISTRATION).await.unwrap();
    assert_eq!((depth.ready, depth.in_hand), (8, 0));
    assert_eq!(app.open_jobs().await, 8);
}

async fn what_reaches_outside_is_done_by_one_at_a_time(app: App) {
    let gate = Gate::new();
    let effect: Arc<dyn Effect> = Arc::new(Gated(Arc::clone(&gate)));
    let worker = Worker {
        handlers: Handlers::default().with_effect(job_kinds::CONFIRMATION, effect),
        ..app.worker()
    };
    let jobs = app.enqueue(1).await;
    outbox::push(&*app.ports.queue, &jobs).await.unwrap();
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    worker.spawn(|_| 3, &tracker, &stop);
    until("the second delivery waits for the first", || async {
        app.ports
            .queue
            .depth(Queues::REGISTRATION)
            .await
            .unwrap()
            .delayed
            == 1
    })
    .await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1);
    gate.open.add_permits(1);
    until("it is done", || async { app.open_jobs().await == 0 }).await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1);
}

/// A relay that is away.
struct Fails;

#[async_trait]
impl Effect for Fails {
    async fn perform(&self, _: &Job, _: DateTime<Utc>) -> Result<bool, Failure> {
        Err(Failure::Transient("away".to_owned()))
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

async fn what_waits_for_its_next_try_is_not_tried_when_it_is_delivered_once_more(app: App) {
    let worker = Worker {
        handlers: Handlers::default().with_effect(job_kinds::CONFIRMATION, Arc::new(Fails)),
        ..app.worker()
    };
    let jobs = app.enqueue(1).await;
    assert_eq!(worker.tick().await.unwrap(), 1);
    for _ in 0..3 {
        outbox::push(&*app.ports.queue, &jobs).await.unwrap();
        assert_eq!(worker.tick().await.unwrap(), 1, "it is delivered once more");
    }
    let row = outbox_job::Entity::find().one(app.database().read()).await;
    assert_eq!(row.unwrap().unwrap().attempts, 1, "it was tried once");
    app.clock.advance(TimeDelta::milliseconds(2_300));
    assert_eq!(worker.tick().await.unwrap(), 1, "its time has come");
    let row = outbox_job::Entity::find().one(app.database().read()).await;
    assert_eq!(row.unwrap().unwrap().attempts, 2);
}
