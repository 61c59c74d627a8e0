//! Logging in with a code of six digits that is sent by mail.

use chrono::TimeDelta;
use mini_compete::{
    domain::{accounts::log_in_codes::MAX_ATTEMPTS, rate_limits::RateLimit},
    model::{Role, UserView},
    store::entity::account_token,
};
use sea_orm::EntityTrait;
use serde_json::json;

use crate::{
    harness::{App, FakeSmtpServer, PASSWORD, Reply, spawn_mailing_app},
    on_both_backends_with,
};

on_both_backends_with!(
    spawn_mailing_app:
    a_code_logs_in_once_without_a_password,
    a_code_expires_and_the_newest_one_counts,
    a_code_is_worth_nothing_after_a_few_wrong_ones,
    wrong_codes_count_as_failed_log_ins,
    a_code_of_one_account_is_none_of_another,
    an_unknown_address_gets_the_same_responses,
    of_two_log_ins_with_one_code_one_succeeds,
    codes_are_not_stored_in_a_form_that_can_be_tried,
    a_code_is_asked_for_and_entered_on_the_pages,
);

async fn ada(app: &App) -> UserView {
    app.account("Ada", Role::Participant).await
}

/// Asks for a code, sends the mail, and returns the newest code.
async fn code(app: &App, server: &FakeSmtpServer, email: &str) -> String {
    let body = json!({ "email": email });
    let reply = app.client().post_json("/api/v1/auth/code", &body).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    app.run_open_jobs().await;
    server.codes(email).pop().expect("a code")
}

async fn log_in(app: &App, email: &str, code: &str) -> Reply {
    let body = json!({ "email": email, "code": code });
    app.client().post_json("/api/v1/auth/login", &body).await
}

/// Returns a code that is not the given one.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

async fn a_code_logs_in_once_without_a_password(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let code = code(&app, &server, &ada.email).await;
    let reply = log_in(&app, &ada.email, &code).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json()["user"]["id"], ada.id.to_string());
    let again = log_in(&app, &ada.email, &code).await;
    assert_eq!(
        (again.status.as_u16(), again.problem().as_str()),
        (401, "invalid-credentials")
    );
    for bad in ["", "12345", "abcdef", "1234567"] {
        assert_eq!(log_in(&app, &ada.email, bad).await.status, 422, "{bad}");
    }
    let both = json!({ "email": ada.email, "password": PASSWORD, "code": "123456" });
    let both = app.client().post_json("/api/v1/auth/login", &both).await;
    assert_eq!(both.status, 422);
}

async fn a_code_expires_and_the_newest_one_counts(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let first = code(&app, &server, &ada.email).await;
    let mut second = code(&app, &server, &ada.email).await;
    while second == first {
        second = code(&app, &server, &ada.email).await;
    }
    assert_eq!(log_in(&app, &ada.email, &first).await.status, 401);
    app.clock.advance(TimeDelta::minutes(10));
    assert_eq!(log_in(&app, &ada.email, &second).await.status, 401);
    let third = code(&app, &server, &ada.email).await;
    app.clock.advance(TimeDelta::minutes(9));
    assert_eq!(log_in(&app, &ada.email, &third).await.status, 200);
}

async fn a_code_is_worth_nothing_after_a_few_wrong_ones(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let right = code(&app, &server, &ada.email).await;
    for _ in 0..MAX_ATTEMPTS {
        assert_eq!(log_in(&app, &ada.email, &wrong(&right)).await.status, 401);
    }
    assert_eq!(log_in(&app, &ada.email, &right).await.status, 401);
    let bob = app.account("Bob", Role::Participant).await;
    let right = code(&app, &server, &bob.email).await;
    for _ in 1..MAX_ATTEMPTS {
        assert_eq!(log_in(&app, &bob.email, &wrong(&right)).await.status, 401);
    }
    assert_eq!(log_in(&app, &bob.email, &right).await.status, 200);
}

async fn wrong_codes_count_as_failed_log_ins(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let mut right = code(&app, &server, &ada.email).await;
    for attempt in 1..=RateLimit::FAILURES_OF_ACCOUNT.most() {
        assert_eq!(log_in(&app, &ada.email, &wrong(&right)).await.status, 401);
        // A new code does not give new attempts at the account.
        if attempt % 4 == 0 {
            right = code(&app, &server, &ada.email).await;
        }
    }
    let refused = log_in(&app, &ada.email, &right).await;
    assert_eq!(refused.status, 429, "{}", refused.text);
}

async fn a_code_of_one_account_is_none_of_another(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let bob = app.account("Bob", Role::Admin).await;
    let of_ada = code(&app, &server, &ada.email).await;
    assert_eq!(log_in(&app, &bob.email, &of_ada).await.status, 401);
    assert_eq!(log_in(&app, &ada.email, &of_ada).await.status, 200);
}

async fn an_unknown_address_gets_the_same_responses(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let mut replies = Vec::new();
    for email in [ada.email.as_str(), "nobody@example.test"] {
        let body = json!({ "email": email });
        let asked = app.client().post_json("/api/v1/auth/code", &body).await;
        let jobs = app.open_jobs().await;
        app.run_open_jobs().await;
        let right = server.codes(email).pop().unwrap_or("123456".to_owned());
        let tried = log_in(&app, email, &wrong(&right)).await;
        replies.push((asked.status, asked.text, jobs, tried.status, tried.text));
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(server.received().len(), 1);
}

async fn of_two_log_ins_with_one_code_one_succeeds(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let code = code(&app, &server, &ada.email).await;
    let (one, two) = tokio::join!(
        log_in(&app, &ada.email, &code),
        log_in(&app, &ada.email, &code)
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

async fn codes_are_not_stored_in_a_form_that_can_be_tried(app: App, server: FakeSmtpServer) {
    use sha2::{Digest, Sha256};
    let ada = ada(&app).await;
    let code = code(&app, &server, &ada.email).await;
    let rows = account_token::Entity::find().all(app.database.read()).await;
    let stored = rows.unwrap().remove(0).token_hash;
    let hashes = [code.clone(), format!("{}{code}", ada.id)]
        .map(|text| hex::encode(Sha256::digest(text.as_bytes())));
    assert!(!stored.contains(&code));
    assert!(hashes.iter().all(|hash| !hash.starts_with(&stored)));
}

async fn a_code_is_asked_for_and_entered_on_the_pages(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let browser = app.client();
    let login = browser.get("/login?next=%2Fme%2Fmailbox").await;
    assert!(
        login.text.contains("formaction=\"/act/login-code\""),
        "{}",
        login.text
    );
    // The button beside the form has an action of its own.
    let press = |email: &str| {
        let form = login.form("[data-testid=login-form]");
        let mut form = form.fill("email", email).fill("offered", "on");
        form.action = "/act/login-code".to_owned();
        form
    };
    let asked = browser.submit(&press("")).await;
    assert!(asked.find(".field-error").is_none(), "{}", asked.text);
    let form = asked.form("[data-testid=code-form]");
    assert_eq!(form.value("next"), Some("/me/mailbox"));
    let page = browser.submit(&press(&ada.email)).await;
    let form = page.form("[data-testid=login-form]");
    assert_eq!(form.value("email"), Some(ada.email.as_str()));
    app.run_open_jobs().await;
    let right = server.codes(&ada.email).pop().unwrap();
    let page = browser
        .submit(&form.clone().fill("code", &wrong(&right)))
        .await;
    let error = page.find("#code-error").unwrap();
    assert!(error.starts_with("Wrong code"), "{error}");
    let spaced = format!("{} {}", &right[..3], &right[3..]);
    let mailbox = browser.submit(&form.fill("code", &spaced)).await;
    assert!(mailbox.url.ends_with("/me/mailbox"), "{}", mailbox.url);
}
