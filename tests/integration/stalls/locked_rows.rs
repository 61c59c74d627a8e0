//! Rows that another session holds, idle in its transaction.

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
    App, Backend, Place, eventually, hold, somebody_waits_for_a_lock, spawn_app, spawn_app_with,
};

/// The time that a response may take.
const SOON: Duration = Duration::from_secs(10);

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

fn ask(
    app: &App,
    person: Actor,
    competition: CompetitionId,
) -> JoinHandle<Result<RegistrationReply>> {
    let registrations = app.services.registrations.clone();
    tokio::spawn(async move { registrations.register(person, competition, &key("k")).await })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_for_a_held_row_gets_retry_after_and_a_seat_later() {
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await.id;
    let person = app.people(1).await[0];
    let client = app.client().with_token(app.token(person).await);
    let held = hold(&app.database, competition).await;
    let begun = Instant::now();
    let reply = client.register(competition, "k").await;
    assert_eq!(
        reply.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        reply.text
    );
    assert!(reply.header("retry-after").is_some());
    assert!(
        begun.elapsed() < SOON + Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    held.commit().await.unwrap();
    let reply = client.register(competition, "k").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_held_rows_than_connections_delay_no_other_registration() {
    let place = Place::fresh(Backend::Postgres).await;
    // Two of them are for transactions that move seats.
    let app = spawn_app_with(place, &["--database-connections=10"]).await;
    let mut stuck = Vec::new();
    for _ in 0..6 {
        stuck.push(app.competition(5, false).await.id);
    }
    let free = app.competition(50, false).await.id;
    let people = app.people(26).await;
    let held = app.database.begin_within(TimeLimits::LONG).await.unwrap();
    let sql = format!("SELECT 1 FROM competitions WHERE id <> '{free}' FOR UPDATE");
    held.execute_unprepared(&sql).await.unwrap();
    let waiting: Vec<_> = stuck
        .iter()
        .zip(&people)
        .map(|(competition, person)| ask(&app, *person, *competition))
        .collect();
    somebody_waits_for_a_lock(&app.database).await;
    for person in &people[6..] {
        let begun = Instant::now();
        let answer = ask(&app, *person, free).await.unwrap().unwrap();
        assert_eq!(answer.response().status, 201);
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{:?}",
            begun.elapsed()
        );
    }
    held.commit().await.unwrap();
    for answer in waiting {
        assert_eq!(answer.await.unwrap().unwrap().response().status, 201);
    }
    assert_eq!(app.assert_seat_invariant().await, 26);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_competition_with_thousands_of_requests_leaves_slots_for_another() {
    let app = spawn_app(Backend::Postgres).await;
    let stuck = app.competition(10_000, false).await.id;
    let free = app.competition(5, false).await.id;
    let people = app.people(9_001).await;
    let held = hold(&app.database, stuck).await;
    let (last, crowd) = people.split_last().unwrap();
    let asking: Vec<_> = crowd
        .iter()
        .map(|person| ask(&app, *person, stuck))
        .collect();
    eventually("there is no room there", SOON, || async {
        let asked = tokio::time::timeout(Duration::from_millis(100), ask(&app, *last, stuck));
        let refused = matches!(
            asked.await,
            Ok(Ok(Err(Error::Domain(DomainError::Overloaded { .. }))))
        );
        refused.then_some(())
    })
    .await;
    let begun = Instant::now();
    let answer = ask(&app, *last, free).await.unwrap().unwrap();
    assert_eq!(answer.response().status, 201);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    // All of them get a response, and none is done later.
    for answer in asking {
        let answer = answer.await.unwrap();
        assert!(
            matches!(answer, Err(Error::Domain(DomainError::Overloaded { .. }))),
            "{answer:?}"
        );
    }
    held.commit().await.unwrap();
    let answer = ask(&app, people[0], stuck).await.unwrap().unwrap();
    assert_eq!((answer.response().status, answer.replayed), (201, false));
    assert_eq!(app.assert_seat_invariant().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_was_answered_with_retry_after_is_not_done_later() {
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await.id;
    let people = app.people(2).await;
    let seat = ask(&app, people[0], competition).await.unwrap().unwrap();
    let outcome = seat.outcome().unwrap();
    let seat = outcome.registration().unwrap().registration_id;
    let held = hold(&app.database, competition).await;
    // The first batch waits for the row, and the next commands wait behind it.
    let first = ask(&app, people[1], competition);
    somebody_waits_for_a_lock(&app.database).await;
    let registrations = app.services.registrations.clone();
    let refused = registrations.cancel(people[0], seat).await;
    assert!(
        matches!(refused, Err(Error::Domain(DomainError::Overloaded { .. }))),
        "{refused:?}"
    );
    held.commit().await.unwrap();
    first.await.unwrap().unwrap_err();
    let answer = ask(&app, people[1], competition).await.unwrap().unwrap();
    assert_eq!(answer.response().status, 201);
    assert_eq!(app.assert_seat_invariant().await, 2, "the seat was kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_of_a_client_that_disconnects_is_done() {
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await.id;
    let people = app.people(2).await;
    let held = hold(&app.database, competition).await;
    let first = ask(&app, people[0], competition);
    somebody_waits_for_a_lock(&app.database).await;
    let gone = ask(&app, people[1], competition);
    tokio::task::yield_now().await;
    let early = tokio::time::timeout(Duration::from_millis(200), gone).await;
    assert!(early.is_err(), "it waits");
    held.commit().await.unwrap();
    assert_eq!(first.await.unwrap().unwrap().response().status, 201);
    let answer = ask(&app, people[1], competition).await.unwrap().unwrap();
    assert_eq!(answer.response().status, 201);
    assert_eq!(app.assert_seat_invariant().await, 2);
}

/// Registers twenty participants whose confirmations are not written yet.
async fn twenty_confirmations(app: &App) -> CompetitionId {
    let competition = app.competition(50, false).await.id;
    for person in app.people(20).await {
        let answer = ask(app, person, competition).await.unwrap().unwrap();
        assert_eq!(answer.response().status, 201);
    }
    eventually("all jobs are in the list", SOON, || async {
        let depth = app.ports.queue.depth("registration").await.unwrap();
        (depth.total() >= 20).then_some(())
    })
    .await;
    competition
}

async fn confirmed(app: &App) -> u64 {
    registration::Entity::find()
        .filter(registration::Column::Status.eq(RegistrationStatus::Confirmed))
        .count(app.database.read())
        .await
        .unwrap()
}

async fn hold_by(app: &App, sql: &str) -> Transaction {
    let held = app.database.begin_within(TimeLimits::LONG).await.unwrap();
    held.execute_unprepared(sql).await.unwrap();
    held
}

/// Asserts that no failed attempt is counted, and that every job is done when the row is free.
async fn assert_done_after(app: &App, held: Transaction, count: u64) {
    let rows = outbox_job::Entity::find().all(app.database.read()).await;
    assert!(rows.unwrap().iter().all(|row| row.attempts == 0));
    held.commit().await.unwrap();
    app.clock.advance(outbox::LEASE);
    app.finish_off().await;
    assert_eq!(confirmed(app).await, count);
    app.assert_seat_invariant().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_row_stays_held_waits_and_the_others_are_done() {
    let app = spawn_app(Backend::Postgres).await;
    twenty_confirmations(&app).await;
    let held = hold_by(
        &app,
        "SELECT 1 FROM outbox_jobs ORDER BY id LIMIT 1 FOR UPDATE",
    )
    .await;
    let begun = Instant::now();
    app.work().await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(confirmed(&app).await, 19);
    assert_done_after(&app, held, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_need_a_row_that_stays_held_wait_and_the_others_are_done() {
    let app = spawn_app(Backend::Postgres).await;
    let stuck = twenty_confirmations(&app).await;
    twenty_confirmations(&app).await;
    // A message refers to its competition, which takes a lock that excludes its deletion.
    let held = hold(&app.database, stuck).await;
    let begun = Instant::now();
    app.work().await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(confirmed(&app).await, 20);
    assert_done_after(&app, held, 40).await;
}

/// An effect whose row another session holds afterwards.
struct HeldAfterwards {
    database: Database,
    performed: AtomicUsize,
}

#[async_trait]
impl Effect for HeldAfterwards {
    async fn perform(&self, job: &Job, _: DateTime<Utc>) -> Result<bool, Failure> {
        self.performed.fetch_add(1, SeqCst);
        let held = self.database.begin_within(TimeLimits::LONG).await.unwrap();
        let sql = format!(
            "SELECT 1 FROM outbox_jobs WHERE id = '{}' FOR UPDATE",
            job.id
        );
        held.execute_unprepared(&sql).await.unwrap();
        tokio::spawn(async move {
            // Longer than one statement waits for a lock.
            tokio::time::sleep(TimeLimits::ORDINARY.lock + Duration::from_secs(1)).await;
            held.rollback().await.unwrap();
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
async fn an_effect_whose_row_is_held_afterwards_is_not_repeated() {
    let app = spawn_app(Backend::Postgres).await;
    let effect = Arc::new(HeldAfterwards {
        database: app.database.clone(),
        performed: AtomicUsize::new(0),
    });
    let worker = Worker {
        handlers: Handlers::default()
            .with_effect(job_kinds::CONFIRMATION, Arc::clone(&effect) as _),
        ..app.worker()
    };
    app.enqueue(1).await;
    assert_eq!(worker.tick().await.unwrap(), 1);
    assert_eq!(app.open_jobs().await, 0);
    assert_eq!(effect.performed.load(SeqCst), 1);
}
