//! What is away is done without; what can't be done is said at once; nothing is made up.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use mini_compete::{
    domain::{
        Error,
        registration::{Dependencies, Registrations},
        seats::SeatUpdates,
    },
    jobs::outbox::{self, RelayWaker},
    model::{DomainError, IdempotencyKey},
};
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;
use tokio_util::sync::CancellationToken;

use crate::{
    both,
    harness::{
        App, Backend, Place, TableSnapshot, eventually, hold, process::Redis, service, spawn_app,
        spawn_app_with,
    },
};

both!(
    who_finds_too_many_waiting_is_told_at_once_and_may_come_back,
    a_hundred_competitions_open_at_once_and_nobody_is_turned_away,
);

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_registration_goes_on_fast_and_recovers_by_itself() {
    let mut redis = Redis::start().await;
    let place = Place::on(&service("TEST_POSTGRES_URL"), &redis.url()).await;
    let app = spawn_app_with(place, &[]).await;
    let competition = app.competition(100, false).await.id;
    let people = app.people(60).await;
    let client = app.client();
    assert_eq!(client.get("/readyz").await.status, StatusCode::OK);

    redis.stop();
    let begun = Instant::now();
    for person in &people {
        let client = client.clone().with_token(app.token(*person).await);
        let first = client.register(competition, "k").await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
        let again = client.register(competition, "k").await;
        assert_eq!(again.text, first.text);
    }
    let each = begun.elapsed() / 120;
    assert!(each < Duration::from_millis(100), "{each:?} a request");
    let ready = client.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["missing"], serde_json::json!(["redis"]));
    assert_eq!(client.get("/healthz").await.status, StatusCode::OK);

    redis.start_again().await;
    eventually("it is ready again", Duration::from_secs(10), || async {
        (client.get("/readyz").await.status == StatusCode::OK).then_some(())
    })
    .await;
    // The jobs were never pushed: the relay finds them.
    app.clock.advance(outbox::LEASE);
    app.sweep().await;
    app.work_off().await;
    let tables = TableSnapshot::read(&app.database).await;
    assert_eq!(tables.assert_seat_invariant(), 60);
    tables.assert_messages(&app.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_a_duplicate_in_flight_is_still_told_to_come_back() {
    let mut redis = Redis::start().await;
    let place = Place::on(&service("TEST_POSTGRES_URL"), &redis.url()).await;
    let app = spawn_app_with(place, &[]).await;
    let competition = app.competition(5, false).await.id;
    let person = app.people(1).await[0];
    let client = app.client().with_token(app.token(person).await);
    redis.stop();

    let held = hold(&app.database, competition).await;
    let ask = || {
        let client = client.clone();
        tokio::spawn(async move { client.register(competition, "k").await })
    };
    let begun = Instant::now();
    let (mut first, mut second) = (ask(), ask());
    // Which of the two came first is not ours to say.
    let duplicate = tokio::select! {
        reply = &mut first => { std::mem::swap(&mut first, &mut second); reply }
        reply = &mut second => reply,
    };
    let duplicate = duplicate.unwrap();
    assert_eq!(duplicate.status, StatusCode::CONFLICT, "{}", duplicate.text);
    assert_eq!(duplicate.problem(), "request-in-progress");
    assert!(
        begun.elapsed() < Duration::from_secs(7),
        "{:?}",
        begun.elapsed()
    );
    held.commit().await.unwrap();
    assert_eq!(first.await.unwrap().status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_connection_to_spare_the_answer_is_to_come_back() {
    let place = Place::fresh(Backend::Postgres).await;
    // Of which one is for those who move seats.
    let app = spawn_app_with(place, &["--database-connections=3"]).await;
    let competition = app.competition(5, false).await.id;
    let person = app.people(1).await[0];
    let client = app.client().with_token(app.token(person).await);

    let taken = app.database.begin_serializable().await.unwrap();
    let begun = Instant::now();
    let reply = client.register(competition, "k").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.header("retry-after").is_some());
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    taken.rollback().await.unwrap();
    let reply = client.register(competition, "k").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    assert_eq!(reply.header("idempotency-replayed"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_takes_a_seat_does_not_stand_behind_those_who_look_at_pages() {
    let place = Place::fresh(Backend::Postgres).await;
    let app = spawn_app_with(place, &["--database-connections=2"]).await;
    let competition = app.competition(5, false).await.id;
    let person = app.people(1).await[0];
    let client = app.client().with_token(app.token(person).await);
    let held = app.database.begin().await.unwrap();
    let reply = client.register(competition, "k").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    held.rollback().await.unwrap();
}

async fn who_finds_too_many_waiting_is_told_at_once_and_may_come_back(app: App) {
    let competition = app.competition(5, false).await.id;
    let people = app.people(3).await;
    let stop = CancellationToken::new();
    let (database, ports) = (app.database.clone(), app.ports.clone());
    let registrations = Registrations::new(Dependencies {
        seats: SeatUpdates::new(database.clone(), ports.bus.clone(), stop.clone()),
        database,
        ports,
        clock: app.clock.clone(),
        relay: RelayWaker::default(),
        idempotency_ttl: TimeDelta::hours(24),
        codec: mini_compete::api::REGISTRATION_RESPONSES,
        slots: 2,
    });

    let held = app.database.begin().await.unwrap();
    if app.place.backend == Backend::Postgres {
        let sql = "SELECT 1 FROM competitions FOR UPDATE";
        held.execute_unprepared(sql).await.unwrap();
    }
    let waiting: Vec<_> = people[..2]
        .iter()
        .map(|person| {
            let (registrations, person) = (registrations.clone(), *person);
            tokio::spawn(
                async move { registrations.register(person, competition, &key("k")).await },
            )
        })
        .collect();
    let late = key("late");
    let ask = || registrations.register(people[2], competition, &late);
    // The two may not have sat down yet.
    eventually("there is no room", Duration::from_secs(5), || async {
        let asked = tokio::time::timeout(Duration::from_millis(100), ask()).await;
        matches!(
            asked,
            Ok(Err(Error::Domain(DomainError::Overloaded { .. })))
        )
        .then_some(())
    })
    .await;
    held.commit().await.unwrap();
    for waiting in waiting {
        // One of them may have found the place taken by the third person's first try.
        let answer = waiting.await.unwrap();
        assert!(!matches!(answer, Ok(answer) if answer.response().status != 201));
    }
    assert_eq!(ask().await.unwrap().response().status, 201);
    app.assert_seat_invariant().await;
}

/// Transactions of different competitions share tables, and under SERIALIZABLE what they share they
/// may quarrel about. People must not notice.
async fn a_hundred_competitions_open_at_once_and_nobody_is_turned_away(app: App) {
    let organizer = app
        .account("Organizer", mini_compete::model::Role::Organizer)
        .await;
    let mut competitions = Vec::new();
    for _ in 0..100 {
        competitions.push(app.competition_of(&organizer, 10, true).await.id);
    }
    let people = app.people(20).await;
    let asking = people.iter().flat_map(|person| {
        competitions.iter().map(|competition| {
            let registrations = app.services.registrations.clone();
            let (person, competition) = (*person, *competition);
            tokio::spawn(async move {
                let key = key(&format!("k-{competition}"));
                registrations.register(person, competition, &key).await
            })
        })
    });
    let answers = futures::future::join_all(asking.collect::<Vec<_>>()).await;
    for answer in &answers {
        let answer = answer.as_ref().unwrap();
        assert!(
            matches!(answer, Ok(answer) if answer.response().status == 201),
            "{answer:?}"
        );
    }
    assert_eq!(app.assert_seat_invariant().await, 1_000);
}

/// Two processes, one file: a `user create` or a backup beside the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_else_writes_the_sqlite_file_is_waited_for() {
    use sea_orm::sqlx::{Connection, Executor, SqliteConnection};
    let app = spawn_app(Backend::Sqlite).await;
    let competition = app.competition(5, false).await.id;
    let person = app.people(1).await[0];
    let client = app.client().with_token(app.token(person).await);
    let mut other = SqliteConnection::connect(&app.place.database_url)
        .await
        .unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let mut asking = tokio::spawn(async move { client.register(competition, "k").await });
    let early = tokio::time::timeout(Duration::from_millis(300), &mut asking).await;
    assert!(early.is_err(), "it waits for the file");
    other.execute("COMMIT").await.unwrap();
    assert_eq!(asking.await.unwrap().status, StatusCode::CREATED);
}

/// One that serves a competition without a pause must leave room for the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_hot_competition_and_neither_starves() {
    use futures::StreamExt;
    let place = Place::fresh(Backend::Postgres).await;
    let (one, other) = tokio::join!(
        spawn_app_with(place.share(), &[]),
        spawn_app_with(place, &[])
    );
    let competition = one.competition(2_000, false).await.id;
    let people = one.people(1_000).await;
    let waits: Vec<_> = futures::stream::iter(people.into_iter().enumerate())
        .map(|(number, person)| {
            let app = if number % 2 == 0 { &one } else { &other };
            let registrations = app.services.registrations.clone();
            async move {
                let begun = Instant::now();
                let answer = registrations.register(person, competition, &key("k")).await;
                assert_eq!(answer.unwrap().response().status, 201);
                begun.elapsed()
            }
        })
        .buffer_unordered(64)
        .collect()
        .await;
    let longest = waits.iter().max().unwrap();
    assert!(*longest < Duration::from_secs(2), "{longest:?}");
    assert_eq!(one.assert_seat_invariant().await, 1_000);
}
