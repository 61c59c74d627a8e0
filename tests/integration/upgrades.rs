//! A database of an earlier release is upgraded in place to the current schema, without loss of data.
//!
//! The earlier release has written the rows itself (`tests/fixtures/README.md`).

use mini_compete::{ops::Clock, store::entity::registration};
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, Statement, prelude::*};
use serde_json::{Value, json};

use crate::harness::{App, Backend, Client, PASSWORD, Storage, spawn_app_with_clock};

/// The tables in which an upgrade neither inserts nor deletes rows.
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
async fn release_0_1_on_sqlite_is_upgraded_without_loss() {
    let dump = include_str!("../fixtures/release_0_1/sqlite.sql");
    assert_upgrade_without_loss(Backend::Sqlite, dump).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn release_0_1_on_postgres_is_upgraded_without_loss() {
    let dump = include_str!("../fixtures/release_0_1/postgres.sql");
    assert_upgrade_without_loss(Backend::Postgres, dump).await;
}

/// Loads a dump, starts the application on it, and asserts that everything is still there and works.
async fn assert_upgrade_without_loss(backend: Backend, dump: &'static str) {
    let storage = Storage::create(backend).await;
    load(&storage, dump).await;
    let connection = sea_orm::Database::connect(&storage.database_url)
        .await
        .unwrap();
    let before = counts(&connection).await;
    assert!(before.iter().all(|count| *count > 0), "{before:?}");
    connection.close().await.unwrap();

    // The day after the fixture was made.
    let clock = Clock::manual("2026-11-26T09:00:00Z".parse().unwrap());
    let app = spawn_app_with_clock(clock, storage, &["--idempotency-ttl-hours=8760"]).await;

    assert_eq!(counts(app.database().write()).await, before);
    app.assert_seat_invariant().await;
    assert_every_account_can_log_in(&app).await;
    assert_stored_responses_are_repeated(&app).await;
    assert_background_work_continues(&app).await;
}

/// Executes a dump in an empty database.
async fn load(storage: &Storage, dump: &'static str) {
    use sea_orm::sqlx::{Connection, PgConnection, SqliteConnection, raw_sql};
    match storage.backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(&storage.database_url)
                .await
                .unwrap();
            raw_sql(dump).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(&storage.database_url).await.unwrap();
            raw_sql(dump).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

/// Counts the rows of each table.
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

async fn assert_every_account_can_log_in(app: &App) {
    for (name, role) in [
        ("ada", "ORGANIZER"),
        ("root", "ADMIN"),
        ("ben", "PARTICIPANT"),
        ("cleo", "PARTICIPANT"),
        ("dina", "PARTICIPANT"),
        ("emil", "PARTICIPANT"),
    ] {
        assert_eq!(log_in(app, name).await["user"]["role"], role, "{name}");
    }
}

async fn assert_stored_responses_are_repeated(app: &App) {
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

/// Asserts that open jobs are done, that registrations are promoted, and that the dead letter is still listed.
async fn assert_background_work_continues(app: &App) {
    let ben = client(app, "ben").await;
    let messages = || async { ben.get("/api/v1/me/mailbox").await.json()["total"].clone() };
    assert_eq!(messages().await, 4);
    app.run_relay().await;
    app.run_open_jobs().await;
    assert_eq!(
        messages().await,
        5,
        "the message about his waitlist position"
    );

    let registration = by_key(app, "dina-1").await.id;
    let dina = client(app, "dina").await;
    assert_eq!(
        dina.cancel(registration).await.status,
        StatusCode::NO_CONTENT
    );
    for (key, status) in [("emil-1", "CONFIRMED"), ("ben-2", "WAITLISTED")] {
        app.run_open_jobs().await;
        assert_eq!(by_key(app, key).await.status.as_str(), status, "{key}");
    }
    app.assert_seat_invariant().await;

    let root = client(app, "root").await;
    let dead = root.get("/api/v1/admin/failed-jobs").await.json();
    assert_eq!(dead["items"][0]["payload"], json!({ "unreadable": true }));
}

/// Logs in over the API, and returns the body of the response.
async fn log_in(app: &App, name: &str) -> Value {
    let credentials = json!({ "email": format!("{name}@before.test"), "password": PASSWORD });
    let client = app.client();
    let reply = client.post_json("/api/v1/auth/login", &credentials).await;
    assert_eq!(reply.status, StatusCode::OK, "{name}: {}", reply.text);
    reply.json()
}

/// Returns the API client of an account.
async fn client(app: &App, name: &str) -> Client {
    let token = log_in(app, name).await["accessToken"].clone();
    app.client().with_token(token.as_str().unwrap())
}

/// Returns the id of the competition with a title.
async fn competition(app: &App, title: &str) -> String {
    let list = app.client().get("/api/v1/competitions").await.json();
    let mut all = list["items"].as_array().unwrap().iter();
    let found = all
        .find(|competition| competition["title"] == title)
        .unwrap();
    found["id"].as_str().unwrap().to_owned()
}

/// Returns the registration that was made with an idempotency key.
async fn by_key(app: &App, key: &str) -> registration::Model {
    registration::Entity::find()
        .filter(registration::Column::IdempotencyKey.eq(key))
        .one(app.database().read())
        .await
        .unwrap()
        .unwrap()
}
