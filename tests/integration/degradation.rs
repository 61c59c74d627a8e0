//! Degraded operation: without Redis, without free database connections, and under overload the application
//! does what it can, refuses the rest at once, and gives no false response.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use mini_compete::{
    domain::{
        Error,
        changes::Changes,
        registration::{Dependencies, Registrations},
    },
    jobs::outbox::{self, RelayWaker},
    model::{DomainError, IdempotencyKey},
};
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{
        App, Backend, Storage, TableSnapshot, eventually, lock_competition_row, process::Redis,
        service, spawn_app, spawn_app_with,
    },
    on_both_backends,
};

on_both_backends!(
    a_request_that_finds_the_queue_full_is_refused_at_once_and_can_be_repeated,
    a_hundred_competitions_at_once_refuse_no_registration,
);

/// Parses an idempotency key.
fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registration_stays_fast_without_redis_and_recovers_by_itself() {
    let mut redis = Redis::start().await;
    let storage = Storage::on_servers(&service("TEST_POSTGRES_URL"), &redis.url()).await;
    let app = spawn_app_with(storage, &[]).await;
    let competition = app.competition(100, false).await.id;
    let participants = app.participants(60).await;
    let client = app.client();
    assert_eq!(client.get("/readyz").await.status, StatusCode::OK);

    redis.stop();
    let start = Instant::now();
    for participant in &participants {
        let client = client.clone().with_token(app.token(*participant).await);
        let first = client.register(competition, "k").await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
        let again = client.register(competition, "k").await;
        assert_eq!(again.text, first.text);
    }
    let mean = start.elapsed() / 120;
    assert!(mean < Duration::from_millis(100), "{mean:?} per request");
    let ready = client.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["missing"], serde_json::json!(["redis"]));
    assert_eq!(client.get("/healthz").await.status, StatusCode::OK);

    redis.start_again().await;
    eventually(
        "the application is ready again",
        Duration::from_secs(10),
        || async { (client.get("/readyz").await.status == StatusCode::OK).then_some(()) },
    )
    .await;
    // The jobs were never pushed: the relay finds them.
    app.clock.advance(outbox::LEASE);
    app.run_relay().await;
    app.run_open_jobs().await;
    let tables = TableSnapshot::read(&app.database).await;
    assert_eq!(tables.assert_seat_invariant(), 60);
    tables.assert_messages(&app.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duplicate_in_flight_gets_request_in_progress_without_redis() {
    let mut redis = Redis::start().await;
    let storage = Storage::on_servers(&service("TEST_POSTGRES_URL"), &redis.url()).await;
    let app = spawn_app_with(storage, &[]).await;
    let competition = app.competition(5, false).await.id;
    let participant = app.participants(1).await[0];
    let client = app.client().with_token(app.token(participant).await);
    redis.stop();

    let held = lock_competition_row(&app.database, competition).await;
    let register = || {
        let client = client.clone();
        tokio::spawn(async move { client.register(competition, "k").await })
    };
    let start = Instant::now();
    let (mut first, mut second) = (register(), register());
    // Either of the two can arrive first.
    let duplicate = tokio::select! {
        reply = &mut first => { std::mem::swap(&mut first, &mut second); reply }
        reply = &mut second => reply,
    };
    let duplicate = duplicate.unwrap();
    assert_eq!(duplicate.status, StatusCode::CONFLICT, "{}", duplicate.text);
    assert_eq!(duplicate.problem(), "request-in-progress");
    assert!(
        start.elapsed() < Duration::from_secs(7),
        "{:?}",
        start.elapsed()
    );
    held.commit().await.unwrap();
    assert_eq!(first.await.unwrap().status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_free_database_connection_the_response_is_503_with_retry_after() {
    let storage = Storage::create(Backend::Postgres).await;
    // One of the three connections is for transactions that move seats.
    let app = spawn_app_with(storage, &["--database-connections=3"]).await;
    let competition = app.competition(5, false).await.id;
    let participant = app.participants(1).await[0];
    let client = app.client().with_token(app.token(participant).await);

    let busy = app.database.begin_serializable().await.unwrap();
    let start = Instant::now();
    let reply = client.register(competition, "k").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.header("retry-after").is_some());
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    busy.rollback().await.unwrap();
    let reply = client.register(competition, "k").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    assert_eq!(reply.header("idempotency-replayed"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registrations_do_not_wait_for_connections_that_pages_use() {
    let storage = Storage::create(Backend::Postgres).await;
    let app = spawn_app_with(storage, &["--database-connections=2"]).await;
    let competition = app.competition(5, false).await.id;
    let participant = app.participants(1).await[0];
    let client = app.client().with_token(app.token(participant).await);
    let busy = app.database.begin().await.unwrap();
    let reply = client.register(competition, "k").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    busy.rollback().await.unwrap();
}

async fn a_request_that_finds_the_queue_full_is_refused_at_once_and_can_be_repeated(app: App) {
    let competition = app.competition(5, false).await.id;
    let participants = app.participants(3).await;
    let (database, ports) = (app.database.clone(), app.ports.clone());
    let registrations = Registrations::new(Dependencies {
        changes: Changes::new(ports.bus.clone(), CancellationToken::new()),
        database,
        ports,
        clock: app.clock.clone(),
        relay: RelayWaker::default(),
        idempotency_ttl: TimeDelta::hours(24),
        codec: mini_compete::api::REGISTRATION_RESPONSES,
        slots: 2,
        confirms_addresses: false,
    });

    let lock = app.database.begin().await.unwrap();
    if app.storage.backend == Backend::Postgres {
        let sql = "SELECT 1 FROM competitions FOR UPDATE";
        lock.execute_unprepared(sql).await.unwrap();
    }
    let waiting: Vec<_> = participants[..2]
        .iter()
        .map(|participant| {
            let (registrations, participant) = (registrations.clone(), *participant);
            tokio::spawn(async move {
                registrations
                    .register(participant, competition, &key("k"))
                    .await
            })
        })
        .collect();
    let late = key("late");
    let register_late = || registrations.register(participants[2], competition, &late);
    // The first two commands may not be in the queue yet.
    eventually("the queue is full", Duration::from_secs(5), || async {
        let result = tokio::time::timeout(Duration::from_millis(100), register_late()).await;
        matches!(
            result,
            Ok(Err(Error::Domain(DomainError::Overloaded { .. })))
        )
        .then_some(())
    })
    .await;
    lock.commit().await.unwrap();
    for registration in waiting {
        // One of them may have been refused, because the first attempt of the third participant took its slot.
        let result = registration.await.unwrap();
        assert!(!matches!(result, Ok(reply) if reply.response().status != 201));
    }
    assert_eq!(register_late().await.unwrap().response().status, 201);
    app.assert_seat_invariant().await;
}

/// Transactions of different competitions use the same tables, so isolation could make them conflict.
/// Participants must not notice that.
async fn a_hundred_competitions_at_once_refuse_no_registration(app: App) {
    let organizer = app
        .account("Organizer", mini_compete::model::Role::Organizer)
        .await;
    let mut competitions = Vec::new();
    for _ in 0..100 {
        competitions.push(app.competition_of(&organizer, 4, true).await.id);
    }
    // Few of each, since a busy machine refuses those who would wait for too long.
    let participants = app.participants(8).await;
    let registrations = participants.iter().flat_map(|participant| {
        competitions.iter().map(|competition| {
            let registrations = app.services.registrations.clone();
            let (participant, competition) = (*participant, *competition);
            tokio::spawn(async move {
                let key = key(&format!("k-{competition}"));
                registrations.register(participant, competition, &key).await
            })
        })
    });
    let results = futures::future::join_all(registrations.collect::<Vec<_>>()).await;
    for result in &results {
        let result = result.as_ref().unwrap();
        assert!(
            matches!(result, Ok(reply) if reply.response().status == 201),
            "{result:?}"
        );
    }
    assert_eq!(app.assert_seat_invariant().await, 400);
}

/// Another process writes the file of a running server, for example `user create` or a backup.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_waits_while_another_process_writes_the_sqlite_file() {
    use sea_orm::sqlx::{Connection, Executor, SqliteConnection};
    let app = spawn_app(Backend::Sqlite).await;
    let competition = app.competition(5, false).await.id;
    let participant = app.participants(1).await[0];
    let client = app.client().with_token(app.token(participant).await);
    let mut other = SqliteConnection::connect(&app.storage.database_url)
        .await
        .unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let mut registration = tokio::spawn(async move { client.register(competition, "k").await });
    let early = tokio::time::timeout(Duration::from_millis(300), &mut registration).await;
    assert!(early.is_err(), "the registration waits for the file");
    other.execute("COMMIT").await.unwrap();
    assert_eq!(registration.await.unwrap().status, StatusCode::CREATED);
}

/// A process that handles one competition without a pause must leave time for the other process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_of_two_processes_starves_at_the_same_competition() {
    use futures::StreamExt;
    let storage = Storage::create(Backend::Postgres).await;
    let (one, other) = tokio::join!(
        spawn_app_with(storage.share(), &[]),
        spawn_app_with(storage, &[])
    );
    let competition = one.competition(2_000, false).await.id;
    let participants = one.participants(1_000).await;
    let waits: Vec<_> = futures::stream::iter(participants.into_iter().enumerate())
        .map(|(number, participant)| {
            let app = if number % 2 == 0 { &one } else { &other };
            let registrations = app.services.registrations.clone();
            async move {
                let start = Instant::now();
                let reply = registrations
                    .register(participant, competition, &key("k"))
                    .await;
                assert_eq!(reply.unwrap().response().status, 201);
                start.elapsed()
            }
        })
        .buffer_unordered(64)
        .collect()
        .await;
    let longest = waits.iter().max().unwrap();
    assert!(*longest < Duration::from_secs(2), "{longest:?}");
    assert_eq!(one.assert_seat_invariant().await, 1_000);
}
