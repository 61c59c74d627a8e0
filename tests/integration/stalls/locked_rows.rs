//! Rows that are locked by another session, which is idle in its transaction.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use mini_compete::{
    domain::{
        Actor, Error, Result,
        registration::{RegistrationReply, job_kinds},
    },
    jobs::{Effect, Failure, Handlers, Job, outbox, worker::Worker},
    model::{CompetitionId, DomainError, IdempotencyKey, RegistrationStatus},
    store::{
        Database, InfrastructureError, TimeLimits, Transaction,
        entity::{outbox_job, registration},
    },
};
use reqwest::StatusCode;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tokio::task::JoinHandle;

use crate::harness::{
    App, Backend, Storage, eventually, lock_competition_row, spawn_app, spawn_app_with,
    wait_for_lock_waiter,
};

/// The time that a response may take.
const RESPONSE_LIMIT: Duration = Duration::from_secs(10);

/// Parses an idempotency key.
fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

/// Starts a registration in a task.
fn register(
    app: &App,
    participant: Actor,
    competition: CompetitionId,
) -> JoinHandle<Result<RegistrationReply>> {
    let registrations = app.services.registrations.clone();
    tokio::spawn(async move {
        registrations
            .register(participant, competition, &key("k"))
            .await
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_for_a_locked_row_gets_retry_after_and_a_seat_later() {
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await.id;
    let participant = app.participants(1).await[0];
    let client = app.client().with_token(app.token(participant).await);
    let lock = lock_competition_row(&app.database, competition).await;
    let start = Instant::now();
    let reply = client.register(competition, "k").await;
    assert_eq!(
        reply.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        reply.text
    );
    assert!(reply.header("retry-after").is_some());
    assert!(
        start.elapsed() < RESPONSE_LIMIT + Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    lock.commit().await.unwrap();
    let reply = client.register(competition, "k").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_locked_rows_than_connections_delay_no_other_registration() {
    let storage = Storage::create(Backend::Postgres).await;
    // Two of the ten connections are for transactions that move seats.
    let app = spawn_app_with(storage, &["--database-connections=10"]).await;
    let mut blocked = Vec::new();
    for _ in 0..6 {
        blocked.push(app.competition(5, false).await.id);
    }
    let other = app.competition(50, false).await.id;
    let participants = app.participants(26).await;
    let lock = app.database.begin_within(TimeLimits::LONG).await.unwrap();
    let sql = format!("SELECT 1 FROM competitions WHERE id <> '{other}' FOR UPDATE");
    lock.execute_unprepared(&sql).await.unwrap();
    let waiting: Vec<_> = blocked
        .iter()
        .zip(&participants)
        .map(|(competition, participant)| register(&app, *participant, *competition))
        .collect();
    wait_for_lock_waiter(&app.database).await;
    for participant in &participants[6..] {
        let start = Instant::now();
        let reply = register(&app, *participant, other).await.unwrap().unwrap();
        assert_eq!(reply.response().status, 201);
        assert!(
            start.elapsed() < Duration::from_secs(3),
            "{:?}",
            start.elapsed()
        );
    }
    lock.commit().await.unwrap();
    for reply in waiting {
        assert_eq!(reply.await.unwrap().unwrap().response().status, 201);
    }
    assert_eq!(app.assert_seat_invariant().await, 26);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_competition_with_thousands_of_requests_leaves_slots_for_another() {
    let app = spawn_app(Backend::Postgres).await;
    let blocked = app.competition(10_000, false).await.id;
    let other = app.competition(5, false).await.id;
    let participants = app.participants(9_001).await;
    let lock = lock_competition_row(&app.database, blocked).await;
    let (last, others) = participants.split_last().unwrap();
    let registrations: Vec<_> = others
        .iter()
        .map(|participant| register(&app, *participant, blocked))
        .collect();
    eventually(
        "the queue of the competition is full",
        RESPONSE_LIMIT,
        || async {
            let result =
                tokio::time::timeout(Duration::from_millis(100), register(&app, *last, blocked));
            let refused = matches!(
                result.await,
                Ok(Ok(Err(Error::Domain(DomainError::Overloaded { .. }))))
            );
            refused.then_some(())
        },
    )
    .await;
    let start = Instant::now();
    let reply = register(&app, *last, other).await.unwrap().unwrap();
    assert_eq!(reply.response().status, 201);
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    // Every command gets a response, and none is executed later.
    for reply in registrations {
        let reply = reply.await.unwrap();
        assert!(
            matches!(reply, Err(Error::Domain(DomainError::Overloaded { .. }))),
            "{reply:?}"
        );
    }
    lock.commit().await.unwrap();
    let reply = register(&app, participants[0], blocked)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((reply.response().status, reply.replayed), (201, false));
    assert_eq!(app.assert_seat_invariant().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_was_answered_with_retry_after_is_not_executed_later() {
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await.id;
    let participants = app.participants(2).await;
    let seat = register(&app, participants[0], competition)
        .await
        .unwrap()
        .unwrap();
    let outcome = seat.outcome().unwrap();
    let seat = outcome.registration().unwrap().registration_id;
    let lock = lock_competition_row(&app.database, competition).await;
    // The first batch waits for the row, and the next commands wait behind it.
    let first = register(&app, participants[1], competition);
    wait_for_lock_waiter(&app.database).await;
    let registrations = app.services.registrations.clone();
    let refused = registrations.cancel(participants[0], seat).await;
    assert!(
        matches!(refused, Err(Error::Domain(DomainError::Overloaded { .. }))),
        "{refused:?}"
    );
    lock.commit().await.unwrap();
    first.await.unwrap().unwrap_err();
    let reply = register(&app, participants[1], competition)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(reply.response().status, 201);
    assert_eq!(
        app.assert_seat_invariant().await,
        2,
        "the cancellation was not executed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_of_a_client_that_disconnects_is_executed() {
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await.id;
    let participants = app.participants(2).await;
    let lock = lock_competition_row(&app.database, competition).await;
    let first = register(&app, participants[0], competition);
    wait_for_lock_waiter(&app.database).await;
    let abandoned = register(&app, participants[1], competition);
    tokio::task::yield_now().await;
    let early = tokio::time::timeout(Duration::from_millis(200), abandoned).await;
    assert!(early.is_err(), "the command waits");
    lock.commit().await.unwrap();
    assert_eq!(first.await.unwrap().unwrap().response().status, 201);
    let reply = register(&app, participants[1], competition)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(reply.response().status, 201);
    assert_eq!(app.assert_seat_invariant().await, 2);
}

/// Registers twenty participants. Their confirmations are not written yet.
async fn register_twenty(app: &App) -> CompetitionId {
    let competition = app.competition(50, false).await.id;
    for participant in app.participants(20).await {
        let reply = register(app, participant, competition)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(reply.response().status, 201);
    }
    eventually("all jobs are in the queue", RESPONSE_LIMIT, || async {
        let depth = app.ports.queue.depth("registration").await.unwrap();
        (depth.total() >= 20).then_some(())
    })
    .await;
    competition
}

/// Counts the confirmed registrations.
async fn count_confirmed(app: &App) -> u64 {
    registration::Entity::find()
        .filter(registration::Column::Status.eq(RegistrationStatus::Confirmed))
        .count(app.database.read())
        .await
        .unwrap()
}

/// Locks the rows that a statement selects.
async fn lock_rows(app: &App, sql: &str) -> Transaction {
    let lock = app.database.begin_within(TimeLimits::LONG).await.unwrap();
    lock.execute_unprepared(sql).await.unwrap();
    lock
}

/// Asserts that no failed attempt is counted, unlocks the rows, and asserts that every job is done then.
async fn assert_done_after_unlocking(app: &App, lock: Transaction, count: u64) {
    let rows = outbox_job::Entity::find().all(app.database.read()).await;
    assert!(rows.unwrap().iter().all(|row| row.attempts == 0));
    lock.commit().await.unwrap();
    app.clock.advance(outbox::LEASE);
    app.run_jobs_with_retries().await;
    assert_eq!(count_confirmed(app).await, count);
    app.assert_seat_invariant().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_row_stays_locked_waits_and_the_others_are_done() {
    let app = spawn_app(Backend::Postgres).await;
    register_twenty(&app).await;
    let lock = lock_rows(
        &app,
        "SELECT 1 FROM outbox_jobs ORDER BY id LIMIT 1 FOR UPDATE",
    )
    .await;
    let start = Instant::now();
    app.run_ready_jobs().await;
    assert!(start.elapsed() < RESPONSE_LIMIT, "{:?}", start.elapsed());
    assert_eq!(count_confirmed(&app).await, 19);
    assert_done_after_unlocking(&app, lock, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_need_a_locked_row_wait_and_the_others_are_done() {
    let app = spawn_app(Backend::Postgres).await;
    let blocked = register_twenty(&app).await;
    register_twenty(&app).await;
    // A confirmation changes its registration.
    let sql = format!("SELECT 1 FROM registrations WHERE competition_id = '{blocked}' FOR UPDATE");
    let lock = lock_rows(&app, &sql).await;
    let start = Instant::now();
    app.run_ready_jobs().await;
    assert!(start.elapsed() < RESPONSE_LIMIT, "{:?}", start.elapsed());
    assert_eq!(count_confirmed(&app).await, 20);
    assert_done_after_unlocking(&app, lock, 40).await;
}

/// An effect whose row another session locks afterwards.
struct LockedAfterwards {
    database: Database,
    performed: AtomicUsize,
}

#[async_trait]
impl Effect for LockedAfterwards {
    async fn perform(&self, job: &Job, _: DateTime<Utc>) -> Result<bool, Failure> {
        self.performed.fetch_add(1, SeqCst);
        let lock = self.database.begin_within(TimeLimits::LONG).await.unwrap();
        let sql = format!(
            "SELECT 1 FROM outbox_jobs WHERE id = '{}' FOR UPDATE",
            job.id
        );
        lock.execute_unprepared(&sql).await.unwrap();
        tokio::spawn(async move {
            // Longer than a statement waits for a lock.
            tokio::time::sleep(TimeLimits::ORDINARY.lock + Duration::from_secs(1)).await;
            lock.rollback().await.unwrap();
        });
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_whose_row_is_locked_afterwards_is_not_repeated() {
    let app = spawn_app(Backend::Postgres).await;
    let effect = Arc::new(LockedAfterwards {
        database: app.database.clone(),
        performed: AtomicUsize::new(0),
    });
    let worker = Worker {
        handlers: Handlers::default()
            .with_effect(job_kinds::CONFIRMATION, Arc::clone(&effect) as _),
        ..app.worker()
    };
    app.enqueue_confirmations(1).await;
    assert_eq!(worker.tick().await.unwrap(), 1);
    assert_eq!(app.open_jobs().await, 0);
    assert_eq!(effect.performed.load(SeqCst), 1);
}
