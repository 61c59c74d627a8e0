//! Secrets: replaced while the application runs, read from files, and never shown.

use std::fs;

use mini_compete::{domain::Actor, model::Role};
use reqwest::StatusCode;

use crate::{
    both,
    harness::{App, Backend, Place, Program, process::Server, service, spawn_app_with},
};

both!(
    what_the_previous_secret_signed_holds_while_it_is_being_replaced_and_not_after,
    another_password_from_the_command_line_logs_the_account_out_everywhere,
);

const NEW: &str = "the secret from now on, 32 bytes";
/// What must not show.
const HIDDEN: &str = "hunter2andmoreofit";

async fn what_the_previous_secret_signed_holds_while_it_is_being_replaced_and_not_after(app: App) {
    let person = app.account("Grace", Role::Participant).await;
    let (access, link) = proofs(&app, Actor::from(&person)).await;
    let old = crate::harness::process::SECRET;

    let place = app.shut_down().await;
    let new = ["--jwt-secret", NEW, "--jwt-secret-previous", old];
    let app = spawn_app_with(place, &new).await;
    assert_eq!(me(&app, &access).await, StatusCode::OK);
    assert!(app.services.preferences.unsubscribe(&link).await.is_ok());
    let (access_of_now, link_of_now) = proofs(&app, Actor::from(&person)).await;

    let place = app.shut_down().await;
    let app = spawn_app_with(place, &["--jwt-secret", NEW]).await;
    assert_eq!(me(&app, &access).await, StatusCode::UNAUTHORIZED);
    assert!(app.services.preferences.unsubscribe(&link).await.is_err());
    assert_eq!(me(&app, &access_of_now).await, StatusCode::OK);
    let preferences = &app.services.preferences;
    assert!(preferences.unsubscribe(&link_of_now).await.is_ok());
}

/// An access token, and the token of a link in a mail.
async fn proofs(app: &App, actor: Actor) -> (String, String) {
    let link = app.services.preferences.token(actor.id).unwrap();
    (app.token(actor).await, link)
}

async fn me(app: &App, access: &str) -> StatusCode {
    app.client()
        .with_token(access)
        .get("/api/v1/me")
        .await
        .status
}

async fn another_password_from_the_command_line_logs_the_account_out_everywhere(app: App) {
    let person = app.account("Grace", Role::Participant).await;
    let verified = app.verify_password(&person.email).await;
    let tokens = app.tokens.issue(&verified).await.unwrap();
    let browser = app.client();
    let login = browser.get("/login").await.form("[data-testid=login-form]");
    let login = login.fill("email", &person.email);
    let old = login.clone().fill("password", crate::harness::PASSWORD);
    browser.submit(&old).await;
    assert_eq!(sessions(&app).await, 1);

    let arguments = ["user", "set-password", "--email", "Grace@example.test"];
    let another = "another long password\n";
    let (done, id, said) = Program::run_with(&app.place, &arguments, another).await;
    assert!(done, "{said}");
    assert_eq!(id.trim(), person.id.to_string());

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

/// Sessions of somebody who is logged in.
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
    let place = Place::fresh(Backend::Postgres).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("{content}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let redis = place.redis_url.clone().unwrap();
    let files = [
        ("DATABASE_URL_FILE", file("database", &place.database_url)),
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
    let mut server = Server::start_without(&place, &unset, &all).await;
    let ready = server.client().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK, "{}", ready.text);
    assert!(server.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_reaches_no_redis_or_the_wrong_one_does_not_log_its_password() {
    let redis = service("TEST_REDIS_URL");
    let wrong = redis.replace("redis://", &format!("redis://:{HIDDEN}@"));
    let nobody = format!("redis://:{HIDDEN}@nowhere.invalid:1");
    for url in [wrong, nobody.clone()] {
        let place = Place::fresh(Backend::Sqlite).await;
        let more = [("REDIS_URL", url.as_str()), ("RUST_LOG", "debug")];
        let mut server = Server::start(&place, &more).await;
        server.client().get("/readyz").await;
        assert!(server.terminate().await.success());
        let log = server.log();
        assert!(!log.contains(HIDDEN), "{log}");
        let warned = log.matches("REDIS_URL: the connection to Redis is unencrypted");
        assert_eq!(warned.count(), usize::from(url == nobody), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_to_postgresql_in_the_clear_is_warned_of_once() {
    let mut place = Place::fresh(Backend::Postgres).await;
    // An address that counts as elsewhere, and reaches this machine all the same.
    place.database_url = place.database_url.replace("127.0.0.1", "0.0.0.0");
    let mut server = Server::start(&place, &[]).await;
    assert!(server.terminate().await.success());
    let warning = "DATABASE_URL: the connection to PostgreSQL may be unencrypted";
    assert_eq!(server.log().matches(warning).count(), 1, "{}", server.log());
}

#[tokio::test]
async fn a_server_without_demo_refuses_the_passwords_that_the_demo_published() {
    let place = Place::fresh(Backend::Sqlite).await;
    let demo = ["serve", "--demo", "--bind", "127.0.0.1:0"];
    let serve = ["serve", "--bind", "127.0.0.1:0"];
    // The demo may be started as often as one likes.
    for _ in 0..2 {
        let mut server = Program::start(&place, &demo, &[]);
        server.says("listening").await;
        assert!(server.terminate().await);
    }
    for account in ["organizer", "participant", "admin"] {
        let (started, _, said) = Program::run(&place, &serve).await;
        assert!(!started, "{said}");
        assert!(said.contains("published password"), "{said}");
        let email = format!("{account}@demo.test");
        let arguments = ["user", "set-password", "--email", &email];
        let (done, _, said) = Program::run_with(&place, &arguments, "one of their own\n").await;
        assert!(done, "{said}");
    }
    let mut server = Program::start(&place, &serve, &[]);
    server.says("listening").await;
    assert!(server.terminate().await);
}
