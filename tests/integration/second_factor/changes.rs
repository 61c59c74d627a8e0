//! Changes of a second factor: setting it up, making new recovery codes, and removing it.

use chrono::TimeDelta;
use mini_compete::{
    domain::{
        accounts::{Initiator, second_factor::RECOVERY_CODES},
        rate_limits::RateLimit,
    },
    model::{AuditAction, MessageKind},
    store::entity::{audit_event, recovery_code, second_factor, user},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use super::{ada, bearer, code, confirm, log_in, owner, problem, refused, remove, wrong};
use crate::{
    harness::{App, Client, FakeSmtpServer, PASSWORD, Reply, spawn_mailing_app},
    on_both_backends, on_both_backends_rate_limited, on_both_backends_with,
};

on_both_backends!(
    a_code_removes_the_second_factor_and_a_wrong_one_does_not,
    an_operator_removes_the_second_factor,
    a_secret_that_is_not_confirmed_changes_nothing,
    a_log_in_that_is_not_recent_sets_nothing_up,
    a_deleted_account_keeps_no_second_factor,
    texts_that_are_no_code_are_refused_with_the_field_name,
    the_secret_and_the_recovery_codes_are_not_stored_in_plain_text,
    new_codes_end_those_from_before_and_need_a_code_of_the_app,
    new_codes_need_a_recent_log_in_and_a_second_factor,
    an_owner_makes_new_codes_on_the_pages,
);

on_both_backends_rate_limited!(a_stolen_session_can_not_guess_codes);

on_both_backends_with!(
    spawn_mailing_app:
    the_owner_is_told_of_every_change,
);

async fn replace(client: &Client, code: &str) -> Reply {
    let body = json!({ "code": code });
    client
        .post_json("/api/v1/me/totp/recovery-codes", &body)
        .await
}

async fn a_code_removes_the_second_factor_and_a_wrong_one_does_not(app: App) {
    let ada = ada(&app).await;
    let nothing = bearer(&app, &log_in(&app, &ada.email, "").await.json());
    assert_eq!(
        problem(&remove(&nothing, "123456").await),
        refused(404, "not-found")
    );
    let owner = owner(&app, ada).await;
    let email = &owner.user.email;
    let bad = remove(&owner.client, &wrong(&owner.secret, &app.clock)).await;
    assert_eq!(problem(&bad), refused(401, "invalid-second-factor"));
    assert_eq!(log_in(&app, email, "").await.status, 401);
    let done = remove(&owner.client, &owner.code(&app.clock)).await;
    assert_eq!(done.status, 204, "{}", done.text);
    assert_eq!(log_in(&app, email, "").await.status, 200);
    assert_eq!(owner.client.get("/api/v1/me").await.status, 200);
    let left = recovery_code::Entity::find().count(app.database.read());
    assert_eq!(left.await.unwrap(), 0);
    let actions = [
        AuditAction::SecondFactorAdd,
        AuditAction::SecondFactorRemove,
    ];
    let mut recorded = Vec::new();
    for action in actions {
        let events = audit_event::Entity::find()
            .filter(audit_event::Column::Action.eq(action))
            .all(app.database.read())
            .await
            .unwrap();
        recorded.extend(events.into_iter().map(|event| event.outcome.to_string()));
    }
    recorded.sort();
    assert_eq!(recorded, ["DONE", "DONE", "FAILED"]);
    // A recovery code removes the next one.
    app.clock.advance(TimeDelta::seconds(30));
    let next = super::owner(&app, owner.user).await;
    assert_ne!(next.secret, owner.secret);
    let done = remove(&next.client, &next.recovery_codes[3]).await;
    assert_eq!(done.status, 204);
}

async fn an_operator_removes_the_second_factor(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let accounts = &app.services.accounts;
    let by = Initiator::Operator("cli:test");
    for _ in 0..2 {
        let email = owner.user.email.to_uppercase();
        let removed = accounts.remove_second_factor_of(&email, by).await.unwrap();
        assert_eq!(removed.id, owner.user.id);
    }
    assert_eq!(owner.client.get("/api/v1/me").await.status, 401);
    assert_eq!(log_in(&app, &owner.user.email, "").await.status, 200);
    let unknown = accounts.remove_second_factor_of("nobody@example.test", by);
    assert!(unknown.await.is_err());
    let events = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq(AuditAction::SecondFactorRemove))
        .all(app.database.read())
        .await
        .unwrap();
    let operators: Vec<_> = events.iter().map(|e| e.operator.as_deref()).collect();
    assert_eq!(operators, [Some("cli:test")]);
}

async fn a_secret_that_is_not_confirmed_changes_nothing(app: App) {
    let ada = ada(&app).await;
    let client = bearer(&app, &log_in(&app, &ada.email, "").await.json());
    let without = confirm(&client, "123456").await;
    assert_eq!(problem(&without), refused(404, "not-found"));
    let set_up = async || client.post_json("/api/v1/me/totp", &json!({})).await.json();
    let (first, second) = (set_up().await, set_up().await);
    let url = second["otpauthUrl"].as_str().unwrap();
    assert!(url.starts_with("otpauth://totp/Mini%20Compete:"), "{url}");
    assert!(url.contains(second["secret"].as_str().unwrap()), "{url}");
    let of = |view: &Value| code(view["secret"].as_str().unwrap(), &app.clock);
    assert_eq!(log_in(&app, &ada.email, "").await.status, 200);
    let old = confirm(&client, &of(&first)).await;
    assert_eq!(problem(&old), refused(401, "invalid-second-factor"));
    assert_eq!(log_in(&app, &ada.email, "").await.status, 200);
    assert_eq!(confirm(&client, &of(&second)).await.status, 200);
    let twice = confirm(&client, &of(&second)).await;
    assert_eq!(problem(&twice), refused(409, "second-factor-active"));
    // The code that confirmed it logs nobody in.
    let replayed = log_in(&app, &ada.email, &of(&second)).await;
    assert_eq!(problem(&replayed), refused(401, "invalid-second-factor"));
}

async fn a_log_in_that_is_not_recent_sets_nothing_up(app: App) {
    let ada = ada(&app).await;
    let tokens = log_in(&app, &ada.email, "").await.json();
    app.clock.advance(TimeDelta::minutes(15));
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    let refreshed = app.client().post_json("/api/v1/auth/refresh", &body).await;
    let client = bearer(&app, &refreshed.json());
    let late = client.post_json("/api/v1/me/totp", &json!({})).await;
    assert_eq!(problem(&late), refused(401, "recent-login-required"));
    let anonymous = app.client().post_json("/api/v1/me/totp", &json!({})).await;
    assert_eq!(problem(&anonymous), refused(401, "unauthenticated"));
}

async fn a_deleted_account_keeps_no_second_factor(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let request = owner.client.request(Method::DELETE, "/api/v1/me");
    let request = request.json(&json!({ "password": PASSWORD }));
    assert_eq!(owner.client.send(request).await.status, 204);
    let read = app.database.read();
    let rows = second_factor::Entity::find().count(read).await.unwrap();
    let codes = recovery_code::Entity::find().count(read).await.unwrap();
    let row = user::Entity::find_by_id(owner.user.id).one(read).await;
    assert_eq!((rows, codes), (0, 0));
    assert_eq!(row.unwrap().unwrap().second_factor_at, None);
}

async fn texts_that_are_no_code_are_refused_with_the_field_name(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    for text in [
        "",
        " ",
        "12345",
        "1234567",
        "\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}",
        "12345\u{0}",
        "１２３４５６",
        "<script>alert(1)</script>",
        &"1".repeat(10_000),
    ] {
        let login = json!({ "email": owner.user.email, "password": PASSWORD, "totp": text });
        let login = app.client().post_json("/api/v1/auth/login", &login).await;
        for (reply, field) in [
            (login, "totp"),
            (confirm(&owner.client, text).await, "code"),
            (remove(&owner.client, text).await, "code"),
        ] {
            assert_eq!(
                problem(&reply),
                refused(422, "invalid-fields"),
                "{text:.20}"
            );
            assert_eq!(reply.json()["errors"][0]["field"], field);
        }
    }
    for body in [
        json!({ "code": 123_456 }),
        json!({}),
        json!({ "code": null }),
    ] {
        let reply = owner
            .client
            .post_json("/api/v1/me/totp/confirm", &body)
            .await;
        assert_eq!(reply.status, 422, "{}", reply.text);
    }
    let unknown = json!({ "code": "123456", "more": true });
    let reply = owner
        .client
        .post_json("/api/v1/me/totp/confirm", &unknown)
        .await;
    assert_eq!(reply.status, 422);
}

async fn a_stolen_session_can_not_guess_codes(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let bad = wrong(&owner.secret, &app.clock);
    for _ in 0..RateLimit::OWN_SECOND_FACTOR.most() {
        assert_eq!(remove(&owner.client, &bad).await.status, 401);
    }
    let refused = remove(&owner.client, &owner.code(&app.clock)).await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    // The owner can still log in.
    let reply = log_in(&app, &owner.user.email, &owner.code(&app.clock)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn the_owner_is_told_of_every_change(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let used = log_in(&app, &owner.user.email, &owner.recovery_codes[0]).await;
    assert_eq!(used.status, 200);
    let replaced = replace(&owner.client, &owner.code(&app.clock)).await;
    assert_eq!(replaced.status, 200);
    app.clock.advance(TimeDelta::seconds(30));
    let done = remove(&owner.client, &owner.code(&app.clock)).await;
    assert_eq!(done.status, 204);
    app.run_open_jobs().await;
    let told = [
        "A recovery code was used",
        "Two-step log-in is off",
        "Two-step log-in is on",
        "You have new recovery codes",
    ];
    let mut subjects = server.subjects(&owner.user.email);
    // Workers send mail side by side.
    subjects.sort();
    assert_eq!(subjects, told);
    let messages = app.messages(MessageKind::Account).await;
    let says = |words| messages.iter().any(|it| it.body.contains(words));
    assert!(says("9 codes are left."));
    assert!(says(
        "Recovery codes from before are worth nothing any more."
    ));
}

async fn the_secret_and_the_recovery_codes_are_not_stored_in_plain_text(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let read = app.database.read();
    let row = second_factor::Entity::find().one(read).await.unwrap();
    let stored = row.unwrap().secret;
    let secret = totp_rs::Secret::try_from_base32(&owner.secret).unwrap();
    let encode = |bytes: &[u8]| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes)
    };
    for plain in [
        owner.secret.clone(),
        encode(secret.as_bytes()),
        hex::encode(secret.as_bytes()),
    ] {
        assert!(!stored.contains(&plain), "{stored}");
    }
    let codes = recovery_code::Entity::find().all(read).await.unwrap();
    assert_eq!(codes.len(), RECOVERY_CODES);
    let stored = format!("{codes:?}");
    for code in &owner.recovery_codes {
        assert!(!stored.contains(code) && !stored.contains(&code.replace('-', "")));
    }
    // The export names no secret, and neither does the audit log.
    let export = owner.client.get("/api/v1/me/export").await.text;
    let events = audit_event::Entity::find().all(read).await.unwrap();
    let seen = format!("{export} {events:?}");
    assert!(!seen.contains(&owner.secret) && !seen.contains(&owner.recovery_codes[0]));
}

async fn new_codes_end_those_from_before_and_need_a_code_of_the_app(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let email = &owner.user.email;
    for text in ["12", &owner.recovery_codes[0]] {
        let reply = replace(&owner.client, text).await;
        assert_eq!(problem(&reply), refused(422, "invalid-fields"));
        assert_eq!(reply.json()["errors"][0]["field"], "code");
    }
    let bad = replace(&owner.client, &wrong(&owner.secret, &app.clock)).await;
    assert_eq!(problem(&bad), refused(401, "invalid-second-factor"));
    let code = owner.code(&app.clock);
    let replaced = replace(&owner.client, &code).await;
    assert_eq!(replaced.status, 200, "{}", replaced.text);
    assert_eq!(replaced.header("cache-control"), Some("no-store"));
    let again = replace(&owner.client, &code).await;
    assert_eq!(problem(&again), refused(401, "invalid-second-factor"));
    let codes = replaced.json()["recoveryCodes"].clone();
    let codes: Vec<String> = serde_json::from_value(codes).unwrap();
    assert_eq!(codes.len(), RECOVERY_CODES);
    for old in &owner.recovery_codes {
        let old = log_in(&app, email, old).await;
        assert_eq!(problem(&old), refused(401, "invalid-second-factor"));
    }
    assert_eq!(log_in(&app, email, &codes[9]).await.status, 200);
    // The app and other log-ins stay as they are.
    assert_eq!(owner.client.get("/api/v1/me").await.status, 200);
    app.clock.advance(TimeDelta::seconds(30));
    let code = owner.code(&app.clock);
    assert_eq!(log_in(&app, email, &code).await.status, 200);
    let events = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq(AuditAction::RecoveryCodesReplace))
        .all(app.database.read())
        .await
        .unwrap();
    let mut recorded: Vec<_> = events.iter().map(|it| it.outcome.to_string()).collect();
    recorded.sort();
    assert_eq!(recorded, ["DONE", "FAILED", "FAILED"]);
}

async fn new_codes_need_a_recent_log_in_and_a_second_factor(app: App) {
    let ada = ada(&app).await;
    let client = bearer(&app, &log_in(&app, &ada.email, "").await.json());
    let without = replace(&client, "123456").await;
    assert_eq!(problem(&without), refused(404, "not-found"));
    let anonymous = replace(&app.client(), "123456").await;
    assert_eq!(problem(&anonymous), refused(401, "unauthenticated"));
    let owner = owner(&app, ada).await;
    let tokens = log_in(&app, &owner.user.email, &owner.recovery_codes[0]).await;
    app.clock.advance(TimeDelta::minutes(15));
    let body = json!({ "refreshToken": tokens.json()["refreshToken"] });
    let refreshed = app.client().post_json("/api/v1/auth/refresh", &body).await;
    let client = bearer(&app, &refreshed.json());
    let late = replace(&client, &owner.code(&app.clock)).await;
    assert_eq!(problem(&late), refused(401, "recent-login-required"));
    let known = &owner.recovery_codes[1];
    assert_eq!(log_in(&app, &owner.user.email, known).await.status, 200);
}

async fn an_owner_makes_new_codes_on_the_pages(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let browser = app.client();
    let page = browser.get("/login").await;
    let form = page.form("[data-testid=login-form]");
    let form = form.fill("email", &owner.user.email);
    let page = browser.submit(&form.fill("password", PASSWORD)).await;
    let form = page.form("[data-testid=second-factor-form]");
    let code = &owner.recovery_codes[0];
    browser.submit(&form.fill("totp", code)).await;
    let page = browser.get("/me/second-factor?codes=new").await;
    let form = page.form("[data-testid=new-codes-form]");
    let page = browser.submit(&form.clone().fill("code", "12")).await;
    assert!(page.text.contains("six digits"), "{}", page.text);
    let code = owner.code(&app.clock);
    let page = browser.submit(&form.clone().fill("code", &code)).await;
    let codes = page.find("[data-testid=recovery-codes]").unwrap();
    assert!(!codes.contains(&owner.recovery_codes[1]));
    browser.submit(&page.form("[data-testid=saved-form]")).await;
    // A log-in that is not recent is confirmed first.
    app.clock.advance(TimeDelta::minutes(16));
    let code = owner.code(&app.clock);
    let page = browser.submit(&form.fill("code", &code)).await;
    assert!(page.url.contains("/confirm-password"), "{}", page.url);
    let page = browser.get("/me/second-factor?codes=new").await;
    assert!(page.url.contains("/confirm-password"), "{}", page.url);
}
