//! Changing a password, and setting a new one with a link from a mail.

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, accounts::Origin, rate_limits::RateLimit},
    model::{AuditAction, Role, UserView, forms::ResetPasswordForm},
    store::entity::{account_token, audit_event, failed_job, outbox_job, session},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, FakeSmtpServer, PASSWORD, Reply, spawn_mailing_app},
    on_both_backends, on_both_backends_with,
};

on_both_backends_with!(
    spawn_mailing_app:
    a_link_sets_a_new_password_once_and_ends_every_session_and_token,
    an_unknown_address_gets_the_same_response_and_no_mail,
    opening_a_link_changes_nothing,
    a_link_expires_and_an_account_has_few_of_them,
    of_two_resets_with_one_link_one_succeeds,
    a_log_in_in_flight_gets_nothing_after_a_reset,
    a_password_that_is_not_good_enough_does_not_use_the_link,
    links_are_sent_to_one_address_only_a_few_times_an_hour,
    no_token_is_stored_in_plain_text,
    a_forgotten_password_is_reset_on_the_pages,
    a_reset_link_of_one_account_does_nothing_to_another,
);

on_both_backends!(
    a_changed_password_ends_the_other_log_ins_and_keeps_this_one,
    a_wrong_current_password_changes_nothing_and_is_recorded,
    without_an_smtp_server_the_page_says_whom_to_ask,
);

const NEW_PASSWORD: &str = "another good password";

async fn ada(app: &App) -> UserView {
    app.account("Ada", Role::Participant).await
}

/// Logs in over the API, and returns the response.
async fn log_in(app: &App, email: &str, password: &str) -> Reply {
    let body = json!({ "email": email, "password": password });
    app.client().post_json("/api/v1/auth/login", &body).await
}

fn bearer(app: &App, tokens: &Value) -> Client {
    app.client()
        .with_token(tokens["accessToken"].as_str().unwrap())
}

/// Asks for a link, sends the mail, and returns the token in the newest one.
async fn reset_token(app: &App, server: &FakeSmtpServer, email: &str) -> String {
    let body = json!({ "email": email });
    let reply = app.client().post_json("/api/v1/auth/forgot", &body).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    app.run_open_jobs().await;
    server.tokens("/reset", email).pop().expect("a link")
}

async fn reset(app: &App, token: &str, password: &str) -> Reply {
    let body = json!({ "token": token, "password": password });
    app.client().post_json("/api/v1/auth/reset", &body).await
}

async fn a_link_sets_a_new_password_once_and_ends_every_session_and_token(
    app: App,
    server: FakeSmtpServer,
) {
    let ada = ada(&app).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let tokens = log_in(&app, &ada.email, PASSWORD).await.json();
    let api = bearer(&app, &tokens);
    assert_eq!(api.get("/api/v1/me").await.status, 200);
    assert_eq!(browser.get("/api/v1/me").await.status, 200);

    let token = reset_token(&app, &server, &ada.email).await;
    assert_eq!(reset(&app, &token, NEW_PASSWORD).await.status, 204);

    assert_eq!(api.get("/api/v1/me").await.status, 401, "access token");
    assert_eq!(browser.get("/api/v1/me").await.status, 401, "session");
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    let refreshed = app.client().post_json("/api/v1/auth/refresh", &body).await;
    assert_eq!(refreshed.status, 401, "refresh token");
    assert_eq!(log_in(&app, &ada.email, PASSWORD).await.status, 401);
    assert_eq!(log_in(&app, &ada.email, NEW_PASSWORD).await.status, 200);

    let again = reset(&app, &token, "yet another password").await;
    assert_eq!(
        (again.status.as_u16(), again.problem().as_str()),
        (410, "token-invalid")
    );
    assert_eq!(log_in(&app, &ada.email, NEW_PASSWORD).await.status, 200);
    app.run_open_jobs().await;
    let subjects = server.subjects(&ada.email);
    assert_eq!(
        subjects,
        ["Set a new password", "Your password was changed"]
    );
}

async fn an_unknown_address_gets_the_same_response_and_no_mail(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let ask = async |email: &str| {
        let body = json!({ "email": email });
        let reply = app.client().post_json("/api/v1/auth/forgot", &body).await;
        (reply.status, reply.text, app.open_jobs().await)
    };
    let known = ask(&ada.email).await;
    app.run_open_jobs().await;
    // The same work is done: one job, whether or not the account exists.
    let unknown = ask("nobody@example.test").await;
    assert_eq!(known, unknown);
    assert_eq!(known.2, 1);
    app.run_open_jobs().await;
    assert_eq!(server.received().len(), 1);
    assert!(app.failed_jobs().await.is_empty());
}

async fn opening_a_link_changes_nothing(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let token = reset_token(&app, &server, &ada.email).await;
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let scanner = app.client();
        let request = scanner.request(method, &format!("/reset?token={token}"));
        assert_eq!(scanner.send(request).await.status, 200);
    }
    assert_eq!(log_in(&app, &ada.email, PASSWORD).await.status, 200);
    assert_eq!(reset(&app, &token, NEW_PASSWORD).await.status, 204);
    let page = app.client().get(&format!("/reset?token={token}")).await;
    assert_eq!(page.status, 410);
    assert!(page.text.contains("Send me a new link"), "{}", page.text);
}

async fn a_link_expires_and_an_account_has_few_of_them(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(reset_token(&app, &server, &ada.email).await);
        app.clock.advance(TimeDelta::seconds(1));
    }
    let rows = account_token::Entity::find().count(app.database.read());
    assert_eq!(rows.await.unwrap(), 3);
    assert_eq!(reset(&app, &tokens[0], NEW_PASSWORD).await.status, 410);
    app.clock.advance(TimeDelta::minutes(60));
    assert_eq!(reset(&app, &tokens[3], NEW_PASSWORD).await.status, 410);
    let token = reset_token(&app, &server, &ada.email).await;
    app.clock.advance(TimeDelta::minutes(59));
    assert_eq!(reset(&app, &token, NEW_PASSWORD).await.status, 204);
    // A used link takes those that were not used with it.
    let rows = account_token::Entity::find().count(app.database.read());
    assert_eq!(rows.await.unwrap(), 0);
}

async fn of_two_resets_with_one_link_one_succeeds(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let token = reset_token(&app, &server, &ada.email).await;
    let passwords = ["the first new password", "the second new password"];
    let (one, two) = tokio::join!(
        reset(&app, &token, passwords[0]),
        reset(&app, &token, passwords[1])
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    let winner = passwords[usize::from(two.status == 204)];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 410]);
    assert_eq!(log_in(&app, &ada.email, winner).await.status, 200);
}

async fn a_log_in_in_flight_gets_nothing_after_a_reset(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let token = reset_token(&app, &server, &ada.email).await;
    let verified = app.verify_password(&ada.email).await;
    let form = ResetPasswordForm {
        token,
        password: NEW_PASSWORD.to_owned(),
    };
    let accounts = &app.services.accounts;
    accounts
        .reset_password(&form, &Origin::default())
        .await
        .unwrap();
    assert!(app.tokens.issue(&verified).await.is_err());
}

async fn a_password_that_is_not_good_enough_does_not_use_the_link(
    app: App,
    server: FakeSmtpServer,
) {
    let ada = ada(&app).await;
    let token = reset_token(&app, &server, &ada.email).await;
    let refused = reset(&app, &token, "short").await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["errors"][0]["field"], "password");
    assert_eq!(reset(&app, &token, NEW_PASSWORD).await.status, 204);
    for bad in ["", "x", "a\0b", &"x".repeat(100_000)] {
        let status = reset(&app, bad, NEW_PASSWORD).await.status.as_u16();
        assert!([410, 413].contains(&status), "{status}");
    }
}

async fn links_are_sent_to_one_address_only_a_few_times_an_hour(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let allowed = RateLimit::RESETS_OF_ADDRESS.most();
    for _ in 0..allowed + 3 {
        let body = json!({ "email": ada.email });
        let reply = app.client().post_json("/api/v1/auth/forgot", &body).await;
        assert_eq!(reply.status, 202);
    }
    app.run_open_jobs().await;
    assert_eq!(server.received().len() as u64, allowed);
    app.exhaust(RateLimit::RESETS_OF_NETWORK, "192.0.2.7").await;
    let client = app.client();
    let request = client.request_from("192.0.2.7", Method::POST, "/api/v1/auth/forgot");
    let reply = client.send(request.json(&json!({ "email": "x@example.test" })));
    assert_eq!(reply.await.status, 429);
}

async fn no_token_is_stored_in_plain_text(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let body = json!({ "email": ada.email });
    app.client().post_json("/api/v1/auth/forgot", &body).await;
    let read = app.database.read();
    let jobs = outbox_job::Entity::find().all(read).await.unwrap();
    assert!(!format!("{jobs:?}").contains(&ada.email));
    app.run_open_jobs().await;
    let token = server.tokens("/reset", &ada.email).pop().unwrap();
    let rows = account_token::Entity::find().all(read).await.unwrap();
    let jobs = outbox_job::Entity::find().all(read).await.unwrap();
    let dead = failed_job::Entity::find().all(read).await.unwrap();
    let messages = app
        .messages(mini_compete::model::MessageKind::Account)
        .await;
    let stored = format!("{rows:?} {jobs:?} {dead:?} {messages:?}");
    assert!(
        stored.contains("token_hash") && !stored.contains(&token),
        "{stored}"
    );
}

async fn a_forgotten_password_is_reset_on_the_pages(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let browser = app.client();
    let login = browser.get("/login?next=%2Fme%2Fmailbox").await;
    assert!(login.text.contains("/forgot?next=%2Fme%2Fmailbox"));
    let form = browser
        .get("/forgot?next=%2Fme%2Fmailbox")
        .await
        .form("[data-testid=forgot-form]");
    let sent = browser.submit(&form.fill("email", &ada.email)).await;
    assert_eq!(sent.find("h1").unwrap(), "Check your mail");
    assert!(sent.text.contains("/login?next=%2Fme%2Fmailbox"));
    app.run_open_jobs().await;
    let token = server.tokens("/reset", &ada.email).pop().unwrap();
    let page = browser.get(&format!("/reset?token={token}")).await;
    assert_eq!(
        page.header("cache-control"),
        Some("no-store"),
        "{:?}",
        page.headers
    );
    let form = page.form("[data-testid=reset-form]");
    let refused = browser
        .submit(&form.clone().fill("password", "short"))
        .await;
    assert!(refused.url.ends_with(&format!("/reset?token={token}")));
    assert!(!refused.text.contains("value=\"short\""));
    let done = browser.submit(&form.fill("password", NEW_PASSWORD)).await;
    assert!(
        done.url.ends_with("/login?next=%2Fme%2Fmailbox"),
        "{}",
        done.url
    );
    assert!(
        done.find("[role=status]")
            .unwrap()
            .contains("Your password is changed")
    );
    assert_eq!(log_in(&app, &ada.email, NEW_PASSWORD).await.status, 200);
}

async fn a_reset_link_of_one_account_does_nothing_to_another(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let bob = app.account("Bob", Role::Participant).await;
    let of_ada = reset_token(&app, &server, &ada.email).await;
    let browser = app.client();
    browser.log_in(&bob.email).await;
    // Bob opens and uses Ada's link while he is logged in: it is Ada's password that changes.
    let page = browser.get(&format!("/reset?token={of_ada}")).await;
    let form = page.form("[data-testid=reset-form]");
    browser.submit(&form.fill("password", NEW_PASSWORD)).await;
    assert_eq!(log_in(&app, &bob.email, PASSWORD).await.status, 200);
    assert_eq!(log_in(&app, &bob.email, NEW_PASSWORD).await.status, 401);
    assert_eq!(log_in(&app, &ada.email, NEW_PASSWORD).await.status, 200);
    // A link for another purpose is no link to set a password.
    let signed_up = json!({ "name": "Eve", "email": "eve@example.test", "password": PASSWORD });
    app.client()
        .post_json("/api/v1/auth/signup", &signed_up)
        .await;
    app.run_open_jobs().await;
    let confirmation = server
        .tokens("/verify-email", "eve@example.test")
        .pop()
        .unwrap();
    assert_eq!(reset(&app, &confirmation, NEW_PASSWORD).await.status, 410);
}

async fn a_changed_password_ends_the_other_log_ins_and_keeps_this_one(app: App) {
    let ada = ada(&app).await;
    let [this, other] = [app.client(), app.client()];
    this.log_in(&ada.email).await;
    other.log_in(&ada.email).await;
    let api = log_in(&app, &ada.email, PASSWORD).await.json();
    let page = this.get("/me/security").await;
    let form = page.form("[data-testid=password-form]");
    let form = form
        .fill("currentPassword", PASSWORD)
        .fill("newPassword", NEW_PASSWORD);
    let done = this.submit(&form).await;
    assert!(
        done.find("[role=status]")
            .unwrap()
            .contains("Your password is changed")
    );
    assert_eq!(this.get("/api/v1/me").await.status, 200);
    assert_eq!(other.get("/api/v1/me").await.status, 401);
    assert_eq!(bearer(&app, &api).get("/api/v1/me").await.status, 401);
    let sessions = session::Entity::find()
        .filter(session::Column::UserId.eq(ada.id))
        .count(app.database.read());
    assert_eq!(sessions.await.unwrap(), 1);

    let [one, two] = [
        log_in(&app, &ada.email, NEW_PASSWORD).await.json(),
        log_in(&app, &ada.email, NEW_PASSWORD).await.json(),
    ];
    let body = json!({ "currentPassword": NEW_PASSWORD, "newPassword": "the third password" });
    let client = bearer(&app, &one);
    assert_eq!(
        client.post_json("/api/v1/me/password", &body).await.status,
        204
    );
    assert_eq!(
        client.get("/api/v1/me").await.status,
        200,
        "this one is kept"
    );
    assert_eq!(bearer(&app, &two).get("/api/v1/me").await.status, 401);
    assert_eq!(this.get("/api/v1/me").await.status, 401);
    let body = json!({ "refreshToken": one["refreshToken"] });
    let refreshed = app.client().post_json("/api/v1/auth/refresh", &body).await;
    assert_eq!(refreshed.status, 200);
    assert_eq!(
        bearer(&app, &refreshed.json())
            .get("/api/v1/me")
            .await
            .status,
        200
    );
}

async fn a_wrong_current_password_changes_nothing_and_is_recorded(app: App) {
    let ada = ada(&app).await;
    let client = app.client().with_token(app.token(Actor::from(&ada)).await);
    let body = json!({ "currentPassword": "a wrong password", "newPassword": NEW_PASSWORD });
    let reply = client.post_json("/api/v1/me/password", &body).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (401, "invalid-credentials")
    );
    assert_eq!(log_in(&app, &ada.email, PASSWORD).await.status, 200);
    let failed = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq(AuditAction::PasswordChange))
        .all(app.database.read())
        .await
        .unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].outcome.as_str(), "FAILED");
    let anonymous = app.client().post_json("/api/v1/me/password", &body).await;
    assert_eq!(anonymous.status, 401);
}

async fn without_an_smtp_server_the_page_says_whom_to_ask(app: App) {
    let ada = ada(&app).await;
    let page = app.client().get("/forgot").await;
    assert!(page.text.contains("can’t send mail"), "{}", page.text);
    assert_eq!(page.find("form[action='/act/forgot']"), None);
    let body = json!({ "email": ada.email });
    let reply = app.client().post_json("/api/v1/auth/forgot", &body).await;
    assert_eq!((reply.status.as_u16(), app.open_jobs().await), (202, 0));
}
