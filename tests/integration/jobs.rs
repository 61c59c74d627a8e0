//! Background work that loses nothing, and does nothing twice.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    jobs::{
        Done, Effect, Failure, Handler, Handlers, Job, JobKind, Queues,
        outbox::{self, NewJob},
        pool::Pulse,
        worker::Worker,
    },
    model::{MessageKind, RegistrationId, RegistrationStatus},
    ops::Clock,
    store::{Fault, entity::registration, ports::Envelope},
};
use sea_orm::{DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, prelude::*};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    both,
    harness::{App, until},
};

both!(
    one_poisoned_job_among_thousands_harms_no_other,
    a_job_that_is_delivered_twice_is_done_once,
    what_is_no_job_of_ours_becomes_a_dead_letter_that_says_why,
    a_job_of_another_release_is_buried_once,
    a_list_that_was_lost_is_filled_again,
    the_jobs_of_a_dead_worker_come_back,
    a_worker_that_takes_long_is_not_dead,
    a_job_that_takes_too_long_is_a_failure,
    stopping_finishes_what_is_in_hand_and_gives_the_rest_back,
    what_reaches_outside_is_done_by_one_at_a_time,
    a_failed_job_is_tried_after_two_four_and_eight_seconds_and_then_buried,
);

/// A worker that does confirmations in another way.
fn with(app: &App, handler: impl Handler + 'static) -> Worker {
    Worker {
        handlers: Handlers::default().with(JobKind::Confirmation, Arc::new(handler)),
        ..app.worker()
    }
}

fn confirmation(id: RegistrationId) -> NewJob {
    let payload = serde_json::json!({ "registrationId": id, "userId": id, "competitionId": id });
    NewJob::new(JobKind::Confirmation, id, payload)
}

/// Jobs that need no registration, for handlers that look at none.
async fn enqueue(app: &App, count: usize) -> Vec<NewJob> {
    let jobs: Vec<_> = (0..count)
        .map(|_| confirmation(RegistrationId::new()))
        .collect();
    outbox::write(app.database().write(), &jobs, app.clock.now())
        .await
        .unwrap();
    outbox::push(&*app.ports.queue, &jobs).await.unwrap();
    jobs
}

/// Does what the real one does, but panics at one registration.
struct Poisoned {
    real: mini_compete::domain::registration::Notices,
    poison: RegistrationId,
}

#[async_trait]
impl Handler for Poisoned {
    async fn handle(
        &self,
        transaction: &DatabaseTransaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<Done, Fault> {
        let poison = self.poison.to_string();
        let bad = |job: &Job| job.payload["registrationId"] == poison.as_str();
        assert!(!jobs.iter().any(bad), "this one is poison");
        self.real.handle(transaction, jobs, now).await
    }
}

async fn one_poisoned_job_among_thousands_harms_no_other(app: App) {
    let competition = app.competition(2_000, false).await;
    let people = app.people(2_000).await;
    app.register_all(&people, competition.id).await;
    let victim = app
        .services
        .registrations
        .live(people[1_234], competition.id)
        .await
        .unwrap()
        .unwrap();
    let worker = with(
        &app,
        Poisoned {
            real: mini_compete::domain::registration::Notices::new(
                JobKind::Confirmation,
                "http://test",
                Default::default(),
            ),
            poison: victim.registration_id,
        },
    );
    app.finish_off_with(&worker).await;

    let letters = app.letters(MessageKind::Confirmation).await;
    let about: HashSet<_> = letters.iter().map(|m| m.registration_id).collect();
    assert_eq!((letters.len(), about.len()), (1_999, 1_999));
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].subject_id, Some(victim.registration_id.0));
    assert_eq!(dead[0].attempts, 4);
    assert!(
        dead[0].error.contains("this one is poison"),
        "{}",
        dead[0].error
    );
    let pending = registration::Entity::find()
        .filter(registration::Column::Status.eq(RegistrationStatus::Pending))
        .count(app.database().read())
        .await
        .unwrap();
    assert_eq!(pending, 1, "nobody told the poisoned one");
    app.assert_books_balance().await;
}

async fn a_job_that_is_delivered_twice_is_done_once(app: App) {
    let competition = app.competition(5, false).await;
    let people = app.people(5).await;
    app.register_all(&people, competition.id).await;
    // Everything that waits, once more; and once again after it is done.
    let queue = &app.ports.queue;
    until("all are pushed", || async {
        queue.depth(Queues::REGISTRATION).await.unwrap().ready == 5
    })
    .await;
    let taken = queue
        .take(Queues::REGISTRATION, "copyist", 10, Duration::ZERO)
        .await
        .unwrap();
    queue
        .give_back(Queues::REGISTRATION, "copyist", &taken)
        .await
        .unwrap();
    queue.push(Queues::REGISTRATION, &taken).await.unwrap();
    app.finish_off().await;
    queue.push(Queues::REGISTRATION, &taken).await.unwrap();
    app.work().await;

    assert_eq!(app.letters(MessageKind::Confirmation).await.len(), 5);
    assert!(app.failed_jobs().await.is_empty());
    let depth = queue.depth(Queues::REGISTRATION).await.unwrap();
    assert_eq!(depth.total(), 0);
}

async fn what_is_no_job_of_ours_becomes_a_dead_letter_that_says_why(app: App) {
    let competition = app.competition(1, false).await;
    let people = app.people(1).await;
    let id = RegistrationId::new();
    let gone = confirmation(id).envelope();
    let nonsense = [
        Envelope::new(format!(
            r#"{{"id":"{id}","kind":"dance","version":1,"payload":{{}}}}"#
        )),
        Envelope::new(format!(
            r#"{{"id":"{id}","kind":"confirmation","version":7,"payload":{{}}}}"#
        )),
        Envelope::new(format!(
            r#"{{"id":"{id}","kind":"confirmation","version":1,"payload":{{"x":"\u0000"}}}}"#
        )),
        Envelope::new(r#"{"id":"0189"#),
        Envelope::new(vec![0xff, 0x00, 0x9f]),
        gone,
    ];
    app.ports
        .queue
        .push(Queues::REGISTRATION, &nonsense)
        .await
        .unwrap();
    app.register_all(&people, competition.id).await;
    app.finish_off().await;

    let mut errors: Vec<_> = app
        .failed_jobs()
        .await
        .into_iter()
        .map(|j| j.error)
        .collect();
    errors.sort();
    let expected = [
        "confirmation has version 1 here, not 7",
        "no longer exists",
        "not a job: EOF",
        "not a job: expected value",
        "payload: missing field",
        "unknown job kind \"dance\"",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for part in expected {
        assert!(
            errors.iter().any(|e| e.contains(part)),
            "{part}: {errors:#?}"
        );
    }
    assert_eq!(app.letters(MessageKind::Confirmation).await.len(), 1);
}

async fn a_job_of_another_release_is_buried_once(app: App) {
    let jobs = enqueue(&app, 1).await;
    let sql = "UPDATE outbox_jobs SET kind = 'teleport'";
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    // As the relay pushes it, again and again, as long as there is a row.
    app.ports
        .queue
        .take(Queues::REGISTRATION, "nobody", 10, Duration::ZERO)
        .await
        .unwrap();
    let old = [jobs[0].envelope()];
    app.ports
        .queue
        .ack(Queues::REGISTRATION, "nobody", &old)
        .await
        .unwrap();
    for _ in 0..3 {
        app.clock.advance(outbox::LEASE);
        app.sweep().await;
        app.work().await;
    }
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].kind, "teleport");
    assert_eq!(app.open_jobs().await, 0);
}

async fn a_list_that_was_lost_is_filled_again(app: App) {
    let competition = app.competition(500, false).await;
    let people = app.people(500).await;
    app.register_all(&people, competition.id).await;
    app.worker().tick().await.unwrap();
    app.lose_the_lists().await;
    app.finish_off().await;

    assert_eq!(app.letters(MessageKind::Confirmation).await.len(), 500);
    assert!(app.failed_jobs().await.is_empty());
}

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
    queue
        .heartbeat(name, "doomed", app.clock.now())
        .await
        .unwrap();
    let held = queue
        .take(name, "doomed", 50, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(held.len(), 50);
    assert_eq!(app.work().await, 0);

    app.clock.advance(TimeDelta::seconds(10));
    app.worker().tidy(name).await.unwrap();
    assert_eq!(app.work().await, 0, "it may still live");
    app.clock.advance(TimeDelta::seconds(6));
    app.worker().tidy(name).await.unwrap();
    assert_eq!(app.work().await, 50);
    assert_eq!(app.open_jobs().await, 0);
    assert_eq!(app.letters(MessageKind::Confirmation).await.len(), 50);
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
        _: &DatabaseTransaction,
        jobs: &[Job],
        _: DateTime<Utc>,
    ) -> Result<Done, Fault> {
        self.0.pass().await;
        Ok(Done {
            ends: jobs.iter().map(|_| Ok(())).collect(),
            born: Vec::new(),
        })
    }
}

#[async_trait]
impl Effect for Gated {
    async fn perform(&self, _: &Job, _: DateTime<Utc>) -> Result<bool, Failure> {
        self.0.pass().await;
        Ok(true)
    }

    async fn note(&self, _: &DatabaseTransaction, _: &Job, _: DateTime<Utc>) -> Result<(), Fault> {
        Ok(())
    }
}

async fn a_worker_that_takes_long_is_not_dead(app: App) {
    let gate = Gate::new();
    let worker = Worker {
        clock: Clock::system(),
        pulse: Pulse {
            beat: Duration::from_millis(20),
            dead_after: TimeDelta::milliseconds(500),
        },
        ..with(&app, Gated(Arc::clone(&gate)))
    };
    enqueue(&app, 3).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    // Two workers: the second would be given what the first is thought to have lost.
    worker.spawn(|_| 2, &tracker, &stop);
    until("a batch is begun", || async {
        gate.begun.load(Ordering::SeqCst) == 1
    })
    .await;
    tokio::time::sleep(Duration::from_millis(2_000)).await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1, "it was thought dead");
    gate.open.add_permits(100);
    until("the batch is done", || async { app.open_jobs().await == 0 }).await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1);
}

async fn a_job_that_takes_too_long_is_a_failure(app: App) {
    let worker = Worker {
        timeout: Duration::from_millis(50),
        ..with(&app, Gated(Gate::new()))
    };
    enqueue(&app, 2).await;
    app.finish_off_with(&worker).await;
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 2);
    assert!(dead[0].error.contains("took longer"), "{}", dead[0].error);
}

async fn stopping_finishes_what_is_in_hand_and_gives_the_rest_back(app: App) {
    let gate = Gate::new();
    let effect: Arc<dyn Effect> = Arc::new(Gated(Arc::clone(&gate)));
    let worker = Worker {
        handlers: Handlers::default().with_effect(JobKind::Confirmation, effect),
        ..app.worker()
    };
    enqueue(&app, 12).await;
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
        handlers: Handlers::default().with_effect(JobKind::Confirmation, effect),
        ..app.worker()
    };
    let jobs = enqueue(&app, 1).await;
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

/// Fails each time, and says so.
struct Fails(AtomicUsize);

#[async_trait]
impl Handler for Fails {
    async fn handle(
        &self,
        _: &DatabaseTransaction,
        jobs: &[Job],
        _: DateTime<Utc>,
    ) -> Result<Done, Fault> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let failed = || Err(Failure::Transient("no luck".to_owned()));
        Ok(Done {
            ends: jobs.iter().map(|_| failed()).collect(),
            born: Vec::new(),
        })
    }
}

async fn a_failed_job_is_tried_after_two_four_and_eight_seconds_and_then_buried(app: App) {
    let worker = with(&app, Fails(AtomicUsize::new(0)));
    enqueue(&app, 1).await;
    assert_eq!(worker.tick().await.unwrap(), 1, "at once");
    for wait in [2_000, 4_000, 8_000] {
        app.clock.advance(TimeDelta::milliseconds(wait - 1));
        assert_eq!(worker.tick().await.unwrap(), 0, "not before {wait} ms");
        assert!(app.failed_jobs().await.is_empty());
        // With the jitter, a tenth later at the latest.
        app.clock.advance(TimeDelta::milliseconds(wait / 10 + 1));
        assert_eq!(worker.tick().await.unwrap(), 1, "after {wait} ms");
    }
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].attempts, dead[0].error.as_str()), (4, "no luck"));
    assert_eq!(app.open_jobs().await, 0);
}
