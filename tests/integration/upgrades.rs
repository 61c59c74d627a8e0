//! A database that an earlier release filled moves to today's schema in place, with everything in it.
//!
//! The rows are real: `tests/fixtures/README.md` says how they came about.

use mini_compete::{ops::Clock, store::entity::registration};
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, Statement, prelude::*};
use serde_json::{Value, json};

use crate::harness::{App, Backend, Client, PASSWORD, Place, spawn_app_by};

/// Tables whose rows an upgrade neither adds nor drops.
const TABLES: [&str; 9] = [
    "users",
    "competitions",
    "registrations",
    "idempotency_logs",
    "mail_box",
    "refresh_tokens",
    "outbox_jobs",
    "failed_jobs",
    "announcements",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn release_0_1_on_sqlite_moves_with_all_its_data() {
    let dump = include_str!("../fixtures/release_0_1/sqlite.sql");
    moves_with_all_its_data(Backend::Sqlite, dump).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn release_0_1_on_postgres_moves_with_all_its_data() {
    let dump = include_str!("../fixtures/release_0_1/postgres.sql");
    moves_with_all_its_data(Backend::Postgres, dump).await;
}

async fn moves_with_all_its_data(backend: Backend, dump: &'static str) {
    let place = Place::fresh(backend).await;
    load(&place, dump).await;
    let connection = sea_orm::Database::connect(&place.database_url)
        .await
        .unwrap();
    let before = counts(&connection).await;
    assert!(before.iter().all(|count| *count > 0), "{before:?}");
    connection.close().await.unwrap();

    // The day after the fixture was made.
    let clock = Clock::manual("2026-11-26T09:00:00Z".parse().unwrap());
    let app = spawn_app_by(clock, place, &["--idempotency-ttl-hours=8760"]).await;

    assert_eq!(counts(app.database().write()).await, before);
    app.assert_seat_invariant().await;
    everybody_gets_in(&app).await;
    answers_are_repeated(&app).await;
    work_goes_on(&app).await;
}

async fn load(place: &Place, dump: &'static str) {
    use sea_orm::sqlx::{Connection, PgConnection, SqliteConnection, raw_sql};
    match place.backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(&place.database_url)
                .await
                .unwrap();
            raw_sql(dump).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(&place.database_url).await.unwrap();
            raw_sql(dump).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

async fn counts(connection: &impl ConnectionTrait) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in TABLES {
        let backend = connection.get_database_backend();
        let sql = format!("SELECT count(*) FROM {table}");
        let row = connection
            .query_one_raw(Statement::from_string(backend, sql))
            .await
            .unwrap();
        counts.push(row.unwrap().try_get_by_index(0).unwrap());
    }
    counts
}

async fn everybody_gets_in(app: &App) {
    for (name, role) in [
        ("ada", "ORGANIZER"),
        ("root", "ADMIN"),
        ("ben", "PARTICIPANT"),
        ("cleo", "PARTICIPANT"),
        ("dina", "PARTICIPANT"),
        ("emil", "PARTICIPANT"),
    ] {
        assert_eq!(login(app, name).await["user"]["role"], role, "{name}");
    }
}

async fn answers_are_repeated(app: &App) {
    for (name, key, status) in [
        ("ben", "ben-1", StatusCode::CREATED),
        ("emil", "emil-1", StatusCode::CREATED),
        ("emil", "emil-2", StatusCode::CONFLICT),
    ] {
        let sprint = competition(app, "Spring Sprint").await;
        let again = client(app, name).await.register(&sprint, key).await;
        assert_eq!(again.status, status, "{key}: {}", again.text);
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{key}");
        if status == StatusCode::CREATED {
            let id = again.json()["registrationId"].clone();
            assert_eq!(id, by_key(app, key).await.id.to_string(), "{key}");
        }
    }
}

/// What was open is done, what waits moves up, what was given up is still there to be looked at.
async fn work_goes_on(app: &App) {
    let ben = client(app, "ben").await;
    let told = || async { ben.get("/api/v1/me/mailbox").await.json()["total"].clone() };
    assert_eq!(told().await, 4);
    app.sweep().await;
    app.work_off().await;
    assert_eq!(told().await, 5, "his place in the queue");

    let given_back = by_key(app, "dina-1").await.id;
    let dina = client(app, "dina").await;
    assert_eq!(dina.cancel(given_back).await.status, StatusCode::NO_CONTENT);
    for (key, status) in [("emil-1", "CONFIRMED"), ("ben-2", "WAITLISTED")] {
        app.work_off().await;
        assert_eq!(by_key(app, key).await.status.as_str(), status, "{key}");
    }
    app.assert_seat_invariant().await;

    let root = client(app, "root").await;
    let dead = root.get("/api/v1/admin/failed-jobs").await.json();
    assert_eq!(dead["items"][0]["payload"], json!({ "unreadable": true }));
}

async fn login(app: &App, name: &str) -> Value {
    let credentials = json!({ "email": format!("{name}@before.test"), "password": PASSWORD });
    let client = app.client();
    let answer = client.post_json("/api/v1/auth/login", &credentials).await;
    assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
    answer.json()
}

async fn client(app: &App, name: &str) -> Client {
    let token = login(app, name).await["accessToken"].clone();
    app.client().with_token(token.as_str().unwrap())
}

async fn competition(app: &App, title: &str) -> String {
    let list = app.client().get("/api/v1/competitions").await.json();
    let mut all = list["items"].as_array().unwrap().iter();
    let found = all.find(|one| one["title"] == title).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

async fn by_key(app: &App, key: &str) -> registration::Model {
    registration::Entity::find()
        .filter(registration::Column::IdempotencyKey.eq(key))
        .one(app.database().read())
        .await
        .unwrap()
        .unwrap()
}
