//! Jobs lose nothing, and are not done twice. (Those who do them: `workers`.)

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::{Actor, registration::job_kinds},
    jobs::{
        Failure, Handler, HandlerOutput, Job, Queues,
        outbox::{self, NewJob},
    },
    model::{MessageKind, RegistrationId, RegistrationStatus, Role},
    store::{InfrastructureError, Transaction, entity::registration, ports::Envelope},
};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, prelude::*};

use crate::{
    both,
    harness::{App, any_job, until},
};

both!(
    one_poisoned_job_among_thousands_harms_no_other,
    a_job_that_is_delivered_twice_is_done_once,
    a_job_without_a_row_is_acknowledged_and_nothing_else,
    what_is_no_job_of_ours_becomes_a_dead_letter_that_says_why,
    a_job_of_another_release_is_buried_once,
    a_list_that_was_lost_is_filled_again,
    a_failed_job_is_tried_after_two_four_and_eight_seconds_and_then_buried,
);

/// Does what the real one does, but panics at one registration.
struct Poisoned {
    real: mini_compete::domain::registration::NotificationHandler,
    poison: RegistrationId,
}

#[async_trait]
impl Handler for Poisoned {
    async fn handle(
        &self,
        transaction: &Transaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError> {
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
    let worker = app.confirming_with(Poisoned {
        real: mini_compete::domain::registration::NotificationHandler::new(
            job_kinds::CONFIRMATION,
            "http://test",
            Default::default(),
        ),
        poison: victim.registration_id,
    });
    app.finish_off_with(&worker).await;

    let letters = app.messages(MessageKind::Confirmation).await;
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
    app.assert_seat_invariant().await;
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

    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 5);
    assert!(app.failed_jobs().await.is_empty());
    let depth = queue.depth(Queues::REGISTRATION).await.unwrap();
    assert_eq!(depth.total(), 0);
}

async fn a_job_without_a_row_is_acknowledged_and_nothing_else(app: App) {
    let organizer = app.account("Org", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await;
    let people = app.people(5).await;
    app.register_all(&people, competition.id).await;
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
    app.finish_off().await;
    let competitions = &app.services.competitions;
    competitions
        .delete(Actor::from(&organizer), competition.id, None)
        .await
        .unwrap();
    // HandlerOutput before, even if what it was about is gone; and one that never had a row.
    let never_there = any_job(RegistrationId::new()).envelope();
    queue.push(Queues::REGISTRATION, &taken).await.unwrap();
    queue
        .push(Queues::REGISTRATION, &[never_there])
        .await
        .unwrap();
    app.finish_off().await;

    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 5);
    assert_eq!(app.failed_jobs().await, []);
    let depth = queue.depth(Queues::REGISTRATION).await.unwrap();
    assert_eq!(depth.total(), 0);
}

async fn what_is_no_job_of_ours_becomes_a_dead_letter_that_says_why(app: App) {
    let competition = app.competition(1, false).await;
    let people = app.people(1).await;
    let id = RegistrationId::new();
    let nonsense = [
        Envelope::new(format!(
            r#"{{"id":"{id}","kind":"dance","version":1,"payload":{{}}}}"#
        )),
        Envelope::new(format!(
            r#"{{"id":"{id}","kind":"confirmation","version":7,"payload":{{}}}}"#
        )),
        Envelope::new(r#"{"id":"0189"#),
        Envelope::new(vec![0xff, 0x00, 0x9f]),
    ];
    // A row whose payload its handler can't read, and one about nothing that exists.
    let unreadable = NewJob::new(job_kinds::CONFIRMATION, id, serde_json::json!({ "x": "?" }));
    let gone = any_job(RegistrationId::new());
    let rows = [unreadable, gone];
    let connection = app.database().write();
    outbox::write(connection, &rows, app.clock.now())
        .await
        .unwrap();
    outbox::push(&*app.ports.queue, &rows).await.unwrap();
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
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 1);
}

async fn a_job_of_another_release_is_buried_once(app: App) {
    let jobs = app.enqueue(1).await;
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

    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 500);
    assert!(app.failed_jobs().await.is_empty());
}

/// Fails each time, and says so.
struct Fails(AtomicUsize);

#[async_trait]
impl Handler for Fails {
    async fn handle(
        &self,
        _: &Transaction,
        jobs: &[Job],
        _: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let failed = || Err(Failure::Transient("no luck".to_owned()));
        Ok(HandlerOutput {
            results: jobs.iter().map(|_| failed()).collect(),
            new_jobs: Vec::new(),
        })
    }
}

async fn a_failed_job_is_tried_after_two_four_and_eight_seconds_and_then_buried(app: App) {
    let worker = app.confirming_with(Fails(AtomicUsize::new(0)));
    app.enqueue(1).await;
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
