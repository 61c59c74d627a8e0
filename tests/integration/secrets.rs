//! Secrets: rotation, passwords, files with secrets, and logs that do not show them.

use std::fs;

use mini_compete::{
    domain::Actor,
    model::{MailTopic, Role},
};
use reqwest::StatusCode;

use crate::{
    harness::{App, Backend, Program, Storage, process::Server, service, spawn_app_with},
    on_both_backends,
};

on_both_backends!(
    the_previous_secret_is_accepted_during_a_rotation_and_not_after_it,
    setting_a_password_on_the_command_line_logs_the_account_out_everywhere,
);

/// The secret after a rotation.
const NEW: &str = "the secret from now on, 32 bytes";
/// A secret that must not appear in a log.
const HIDDEN: &str = "hunter2andmoreofit";

async fn the_previous_secret_is_accepted_during_a_rotation_and_not_after_it(app: App) {
    let participant = app.account("Grace", Role::Participant).await;
    let (access, link) = signed_tokens(&app, Actor::from(&participant)).await;
    let old = crate::harness::process::SECRET;

    let storage = app.shut_down().await;
    let new = ["--jwt-secret", NEW, "--jwt-secret-previous", old];
    let app = spawn_app_with(storage, &new).await;
    assert_eq!(me(&app, &access).await, StatusCode::OK);
    assert!(app.services.preferences.unsubscribe(&link).await.is_ok());
    let (new_access, new_link) = signed_tokens(&app, Actor::from(&participant)).await;

    let storage = app.shut_down().await;
    let app = spawn_app_with(storage, &["--jwt-secret", NEW]).await;
    assert_eq!(me(&app, &access).await, StatusCode::UNAUTHORIZED);
    assert!(app.services.preferences.unsubscribe(&link).await.is_err());
    assert_eq!(me(&app, &new_access).await, StatusCode::OK);
    let preferences = &app.services.preferences;
    assert!(preferences.unsubscribe(&new_link).await.is_ok());
}

/// Returns an access token, and the token of an unsubscribe link.
async fn signed_tokens(app: &App, actor: Actor) -> (String, String) {
    let link = app
        .services
        .preferences
        .token(actor.id, MailTopic::Reminders)
        .unwrap();
    (app.token(actor).await, link)
}

/// Requests the own account with an access token, and returns the status.
async fn me(app: &App, access: &str) -> StatusCode {
    app.client()
        .with_token(access)
        .get("/api/v1/me")
        .await
        .status
}

async fn setting_a_password_on_the_command_line_logs_the_account_out_everywhere(app: App) {
    let participant = app.account("Grace", Role::Participant).await;
    let verified = app.verify_password(&participant.email).await;
    let tokens = app.tokens.issue(&verified).await.unwrap();
    let browser = app.client();
    let login = browser.get("/login").await.form("[data-testid=login-form]");
    let login = login.fill("email", &participant.email);
    let old = login.clone().fill("password", crate::harness::PASSWORD);
    browser.submit(&old).await;
    assert_eq!(sessions(&app).await, 1);

    let arguments = ["user", "set-password", "--email", "Grace@example.test"];
    let password = "another long password\n";
    let (succeeded, id, log) = Program::run_with(&app.storage, &arguments, password).await;
    assert!(succeeded, "{log}");
    assert_eq!(id.trim(), participant.id.to_string());

    assert_eq!(sessions(&app).await, 0);
    assert!(app.tokens.rotate(&tokens.refresh).await.is_err());
    for (form, logged_in) in [
        (old, 0),
        (login.fill("password", "another long password"), 1),
    ] {
        app.client().submit(&form).await;
        assert_eq!(sessions(&app).await, logged_in);
    }
}

/// Counts the sessions in which an account is logged in.
async fn sessions(app: &App) -> u64 {
    use mini_compete::store::entity::session;
    use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, prelude::*};
    session::Entity::find()
        .filter(session::Column::UserId.is_not_null())
        .count(app.database().read())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_secret_may_come_from_a_file() {
    let storage = Storage::create(Backend::Postgres).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("{content}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let redis = storage.redis_url.clone().unwrap();
    let files = [
        ("DATABASE_URL_FILE", file("database", &storage.database_url)),
        ("REDIS_URL_FILE", file("redis", &redis)),
        ("JWT_SECRET_FILE", file("jwt", NEW)),
        ("JWT_SECRET_PREVIOUS_FILE", file("old", &NEW.to_uppercase())),
        ("SMTP_URL_FILE", file("smtp", "smtp://u:p@127.0.0.1:1")),
    ];
    let mut all: Vec<_> = files
        .iter()
        .map(|(name, path)| (*name, path.as_str()))
        .collect();
    all.push(("SMTP_FROM", "no-reply@example.test"));
    let unset = ["DATABASE_URL", "REDIS_URL", "JWT_SECRET"];
    let mut server = Server::start_without(&storage, &unset, &all).await;
    let ready = server.client().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK, "{}", ready.text);
    assert!(server.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_connection_to_redis_does_not_log_the_password() {
    let redis = service("TEST_REDIS_URL");
    let wrong_password = redis.replace("redis://", &format!("redis://:{HIDDEN}@"));
    let unreachable = format!("redis://:{HIDDEN}@nowhere.invalid:1");
    for url in [wrong_password, unreachable.clone()] {
        let storage = Storage::create(Backend::Sqlite).await;
        let variables = [("REDIS_URL", url.as_str()), ("RUST_LOG", "debug")];
        let mut server = Server::start(&storage, &variables).await;
        server.client().get("/readyz").await;
        assert!(server.terminate().await.success());
        let log = server.log();
        assert!(!log.contains(HIDDEN), "{log}");
        let warned = log.matches("REDIS_URL: the connection to Redis is unencrypted");
        assert_eq!(warned.count(), usize::from(url == unreachable), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unencrypted_connection_to_postgresql_causes_one_warning() {
    let mut storage = Storage::create(Backend::Postgres).await;
    // An address that does not count as this machine, but reaches it.
    storage.database_url = storage.database_url.replace("127.0.0.1", "0.0.0.0");
    let mut server = Server::start(&storage, &[]).await;
    assert!(server.terminate().await.success());
    let warning = "DATABASE_URL: the connection to PostgreSQL may be unencrypted";
    assert_eq!(server.log().matches(warning).count(), 1, "{}", server.log());
}

#[tokio::test]
async fn a_server_without_demo_does_not_start_with_the_published_demo_passwords() {
    let storage = Storage::create(Backend::Sqlite).await;
    let demo = ["serve", "--demo", "--bind", "127.0.0.1:0"];
    let serve = ["serve", "--bind", "127.0.0.1:0"];
    // The demo can be started again.
    for _ in 0..2 {
        let mut server = Program::start(&storage, &demo, &[]);
        server.wait_for_log("listening").await;
        assert!(server.terminate().await);
    }
    for account in ["organizer", "participant", "admin"] {
        let (started, _, log) = Program::run(&storage, &serve).await;
        assert!(!started, "{log}");
        assert!(log.contains("published password"), "{log}");
        let email = format!("{account}@demo.test");
        let arguments = ["user", "set-password", "--email", &email];
        let set_password = Program::run_with(&storage, &arguments, "one of their own\n");
        let (succeeded, _, log) = set_password.await;
        assert!(succeeded, "{log}");
    }
    let mut server = Program::start(&storage, &serve, &[]);
    server.wait_for_log("listening").await;
    assert!(server.terminate().await);
}
