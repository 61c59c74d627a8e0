//! Jobs: none is lost, none is done twice, and failures are retried or become dead letters. Tests of the
//! workers are in `workers.rs`.

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
    domain::{Actor, news::News, registration::job_kinds},
    jobs::{
        Failure, Handler, HandlerOutput, Job, Queues,
        outbox::{self, NewJob},
    },
    model::{MessageKind, RegistrationId, RegistrationStatus, Role},
    store::{InfrastructureError, Transaction, entity::registration, ports::Envelope},
};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, prelude::*};

use crate::{
    harness::{App, confirmation_job, wait_until},
    on_both_backends,
};

on_both_backends!(
    one_panicking_job_among_thousands_affects_no_other,
    a_job_that_is_delivered_twice_is_done_once,
    a_job_without_a_row_is_acknowledged_without_effect,
    an_invalid_job_becomes_a_dead_letter_with_the_reason,
    a_job_of_an_unknown_kind_becomes_one_dead_letter,
    a_lost_queue_is_filled_again,
    a_failed_job_is_retried_after_2_4_and_8_seconds_and_then_becomes_a_dead_letter,
);

/// Writes confirmations, but panics at one registration.
struct PanicsAt {
    handler: mini_compete::domain::registration::NotificationHandler,
    registration: RegistrationId,
}

#[async_trait]
impl Handler for PanicsAt {
    async fn handle(
        &self,
        transaction: &Transaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError> {
        let registration = self.registration.to_string();
        let panics = |job: &Job| job.payload["registrationId"] == registration.as_str();
        assert!(!jobs.iter().any(panics), "panic of the test handler");
        self.handler.handle(transaction, jobs, now).await
    }
}

async fn one_panicking_job_among_thousands_affects_no_other(app: App) {
    let competition = app.competition(2_000, false).await;
    let participants = app.participants(2_000).await;
    app.register_all(&participants, competition.id).await;
    let registration = app
        .services
        .registrations
        .live(participants[1_234], competition.id)
        .await
        .unwrap()
        .unwrap();
    let worker = app.worker_with_confirmation_handler(PanicsAt {
        handler: mini_compete::domain::registration::NotificationHandler::new(
            job_kinds::CONFIRMATION,
            "http://test",
            Default::default(),
            News::new(Arc::clone(&app.ports.bus)),
        ),
        registration: registration.registration_id,
    });
    app.run_jobs_with_retries_by(&worker).await;

    let messages = app.messages(MessageKind::Confirmation).await;
    let confirmed: HashSet<_> = messages.iter().map(|m| m.registration_id).collect();
    assert_eq!((messages.len(), confirmed.len()), (1_999, 1_999));
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].subject_id, Some(registration.registration_id.0));
    assert_eq!(dead[0].attempts, 4);
    assert!(
        dead[0].error.contains("panic of the test handler"),
        "{}",
        dead[0].error
    );
    let pending = registration::Entity::find()
        .filter(registration::Column::Status.eq(RegistrationStatus::Pending))
        .count(app.database().read())
        .await
        .unwrap();
    assert_eq!(pending, 1, "the failed registration stays pending");
    app.assert_seat_invariant().await;
}

async fn a_job_that_is_delivered_twice_is_done_once(app: App) {
    let competition = app.competition(5, false).await;
    let participants = app.participants(5).await;
    app.register_all(&participants, competition.id).await;
    // Every job is delivered a second time while it waits, and a third time after it is done.
    let queue = &app.ports.queue;
    wait_until("all jobs are pushed", || async {
        queue.depth(Queues::REGISTRATION).await.unwrap().ready == 5
    })
    .await;
    let taken = queue
        .take(Queues::REGISTRATION, "duplicator", 10, Duration::ZERO)
        .await
        .unwrap();
    queue
        .give_back(Queues::REGISTRATION, "duplicator", &taken)
        .await
        .unwrap();
    queue.push(Queues::REGISTRATION, &taken).await.unwrap();
    app.run_jobs_with_retries().await;
    queue.push(Queues::REGISTRATION, &taken).await.unwrap();
    app.run_ready_jobs().await;

    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 5);
    assert!(app.failed_jobs().await.is_empty());
    let depth = queue.depth(Queues::REGISTRATION).await.unwrap();
    assert_eq!(depth.total(), 0);
}

async fn a_job_without_a_row_is_acknowledged_without_effect(app: App) {
    let organizer = app.account("Org", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await;
    let participants = app.participants(5).await;
    app.register_all(&participants, competition.id).await;
    let queue = &app.ports.queue;
    wait_until("all jobs are pushed", || async {
        queue.depth(Queues::REGISTRATION).await.unwrap().ready == 5
    })
    .await;
    let taken = queue
        .take(Queues::REGISTRATION, "duplicator", 10, Duration::ZERO)
        .await
        .unwrap();
    queue
        .give_back(Queues::REGISTRATION, "duplicator", &taken)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    let competitions = &app.services.competitions;
    competitions
        .delete(Actor::from(&organizer), competition.id, None)
        .await
        .unwrap();
    // Jobs that are done and whose competition is deleted, and a job that never had a row.
    let without_row = confirmation_job(RegistrationId::new()).envelope();
    queue.push(Queues::REGISTRATION, &taken).await.unwrap();
    queue
        .push(Queues::REGISTRATION, &[without_row])
        .await
        .unwrap();
    app.run_jobs_with_retries().await;

    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 5);
    assert_eq!(app.failed_jobs().await, []);
    let depth = queue.depth(Queues::REGISTRATION).await.unwrap();
    assert_eq!(depth.total(), 0);
}

async fn an_invalid_job_becomes_a_dead_letter_with_the_reason(app: App) {
    let competition = app.competition(1, false).await;
    let participants = app.participants(1).await;
    let id = RegistrationId::new();
    let invalid = [
        Envelope::new(format!(
            r#"{{"id":"{id}","kind":"dance","version":1,"payload":{{}}}}"#
        )),
        Envelope::new(format!(
            r#"{{"id":"{id}","kind":"confirmation","version":7,"payload":{{}}}}"#
        )),
        Envelope::new(r#"{"id":"0189"#),
        Envelope::new(vec![0xff, 0x00, 0x9f]),
    ];
    // A row whose payload the handler cannot read, and a row about a registration that does not exist.
    let unreadable = NewJob::new(job_kinds::CONFIRMATION, id, serde_json::json!({ "x": "?" }));
    let unknown = confirmation_job(RegistrationId::new());
    let rows = [unreadable, unknown];
    let connection = app.database().write();
    outbox::write(connection, &rows, app.clock.now())
        .await
        .unwrap();
    outbox::push(&*app.ports.queue, &rows).await.unwrap();
    app.ports
        .queue
        .push(Queues::REGISTRATION, &invalid)
        .await
        .unwrap();
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;

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

async fn a_job_of_an_unknown_kind_becomes_one_dead_letter(app: App) {
    let jobs = app.enqueue_confirmations(1).await;
    let sql = "UPDATE outbox_jobs SET kind = 'teleport'";
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    // The relay pushes the job again as long as its row exists.
    app.ports
        .queue
        .take(Queues::REGISTRATION, "remover", 10, Duration::ZERO)
        .await
        .unwrap();
    let envelopes = [jobs[0].envelope()];
    app.ports
        .queue
        .ack(Queues::REGISTRATION, "remover", &envelopes)
        .await
        .unwrap();
    for _ in 0..3 {
        app.clock.advance(outbox::LEASE);
        app.run_relay().await;
        app.run_ready_jobs().await;
    }
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].kind, "teleport");
    assert_eq!(app.open_jobs().await, 0);
}

async fn a_lost_queue_is_filled_again(app: App) {
    let competition = app.competition(500, false).await;
    let participants = app.participants(500).await;
    app.register_all(&participants, competition.id).await;
    app.worker().tick().await.unwrap();
    app.lose_queues().await;
    app.run_jobs_with_retries().await;

    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 500);
    assert!(app.failed_jobs().await.is_empty());
}

/// Fails every job, and counts its calls.
struct FailingHandler(AtomicUsize);

#[async_trait]
impl Handler for FailingHandler {
    async fn handle(
        &self,
        _: &Transaction,
        jobs: &[Job],
        _: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let failed = || Err(Failure::Transient("expected failure".to_owned()));
        Ok(HandlerOutput {
            results: jobs.iter().map(|_| failed()).collect(),
            ..HandlerOutput::default()
        })
    }
}

async fn a_failed_job_is_retried_after_2_4_and_8_seconds_and_then_becomes_a_dead_letter(app: App) {
    let worker = app.worker_with_confirmation_handler(FailingHandler(AtomicUsize::new(0)));
    app.enqueue_confirmations(1).await;
    assert_eq!(worker.tick().await.unwrap(), 1, "first attempt");
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
    assert_eq!(
        (dead[0].attempts, dead[0].error.as_str()),
        (4, "expected failure")
    );
    assert_eq!(app.open_jobs().await, 0);
}
