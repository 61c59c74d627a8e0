//! The second factor of an account: codes of an authenticator app, and recovery codes.

mod pages;

use chrono::TimeDelta;
use mini_compete::{
    domain::{
        accounts::{Initiator, second_factor::RECOVERY_CODES},
        rate_limits::RateLimit,
    },
    model::{AuditAction, MessageKind, Role, UserView},
    ops::Clock,
    store::entity::{audit_event, recovery_code, second_factor, user},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    harness::{
        App, Backend, Client, FakeSmtpServer, PASSWORD, Reply, Storage, process::SECRET,
        spawn_app_with, spawn_mailing_app,
    },
    on_both_backends, on_both_backends_rate_limited, on_both_backends_with,
};

on_both_backends!(
    a_log_in_needs_the_second_factor_from_the_confirmation_on,
    a_code_of_a_time_step_is_accepted_once,
    of_two_log_ins_with_one_code_one_succeeds,
    each_recovery_code_logs_in_once,
    the_secret_and_the_recovery_codes_are_not_stored_in_plain_text,
    a_code_removes_the_second_factor_and_a_wrong_one_does_not,
    an_operator_removes_the_second_factor,
    a_secret_that_is_not_confirmed_changes_nothing,
    a_log_in_that_is_not_recent_sets_nothing_up,
    a_deleted_account_keeps_no_second_factor,
    texts_that_are_no_code_are_refused_with_the_field_name,
);

on_both_backends_rate_limited!(
    wrong_codes_are_bounded_for_the_account_and_its_known_devices_apart,
    only_who_knows_the_password_uses_up_the_attempts,
    a_stolen_session_can_not_guess_codes,
);

on_both_backends_with!(
    spawn_mailing_app:
    a_code_from_a_mail_is_not_enough_and_stays_valid_for_the_second_step,
    the_owner_is_told_of_every_change,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_secret_of_the_installation_keeps_second_factors_on_sqlite() {
    a_replaced_secret_of_the_installation_keeps_second_factors(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_secret_of_the_installation_keeps_second_factors_on_postgres() {
    a_replaced_secret_of_the_installation_keeps_second_factors(Backend::Postgres).await;
}

/// An account with a second factor.
struct Owner {
    user: UserView,
    secret: String,
    recovery_codes: Vec<String>,
    /// A client that was logged in before.
    client: Client,
}

impl Owner {
    /// Returns the code that the app shows at the time of the clock.
    fn code(&self, clock: &Clock) -> String {
        code(&self.secret, clock)
    }
}

/// Returns the code that an app with this secret shows at the time of the clock.
fn code(secret: &str, clock: &Clock) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let seconds = u64::try_from(clock.now().timestamp()).unwrap();
    totp.generate(seconds).to_string()
}

/// Returns a code that is valid at no time near the one of the clock.
fn wrong(secret: &str, clock: &Clock) -> String {
    let near: Vec<_> = [-60, -30, 0, 30, 60]
        .into_iter()
        .map(|seconds| {
            code(
                secret,
                &Clock::manual(clock.now() + TimeDelta::seconds(seconds)),
            )
        })
        .collect();
    let mut codes = (0..1_000_000).map(|number| format!("{number:06}"));
    codes.find(|code| !near.contains(code)).unwrap()
}

async fn ada(app: &App) -> UserView {
    app.account("Ada", Role::Participant).await
}

/// Logs in over the API; `second` is the second factor, or empty.
async fn log_in(app: &App, email: &str, second: &str) -> Reply {
    let mut body = json!({ "email": email, "password": PASSWORD });
    if !second.is_empty() {
        body["totp"] = second.into();
    }
    app.client().post_json("/api/v1/auth/login", &body).await
}

fn bearer(app: &App, tokens: &Value) -> Client {
    app.client()
        .with_token(tokens["accessToken"].as_str().unwrap())
}

/// Sets up a second factor over the API. Its first code has been used.
async fn owner(app: &App, user: UserView) -> Owner {
    let client = bearer(app, &log_in(app, &user.email, "").await.json());
    let set_up = client.post_json("/api/v1/me/totp", &json!({})).await;
    assert_eq!(set_up.status, 200, "{}", set_up.text);
    assert_eq!(set_up.header("cache-control"), Some("no-store"));
    let secret = set_up.json()["secret"].as_str().unwrap().to_owned();
    let confirmed = confirm(&client, &code(&secret, &app.clock)).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let codes = confirmed.json()["recoveryCodes"].clone();
    let owner = Owner {
        user,
        secret,
        recovery_codes: serde_json::from_value(codes).unwrap(),
        client,
    };
    app.clock.advance(TimeDelta::seconds(30));
    owner
}

async fn confirm(client: &Client, code: &str) -> Reply {
    let body = json!({ "code": code });
    client.post_json("/api/v1/me/totp/confirm", &body).await
}

async fn remove(client: &Client, code: &str) -> Reply {
    let request = client.request(Method::DELETE, "/api/v1/me/totp");
    client.send(request.json(&json!({ "code": code }))).await
}

fn problem(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.problem())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

async fn a_log_in_needs_the_second_factor_from_the_confirmation_on(app: App) {
    let ada = ada(&app).await;
    let other = bearer(&app, &log_in(&app, &ada.email, "").await.json());
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let verified = app.verify_password(&ada.email).await;
    let owner = owner(&app, ada).await;
    assert_eq!(owner.recovery_codes.len(), RECOVERY_CODES);
    // Whoever had logged in with the password alone is logged out, and a log-in in flight gets nothing.
    assert_eq!(owner.client.get("/api/v1/me").await.status, 200);
    assert_eq!(other.get("/api/v1/me").await.status, 401);
    assert_eq!(browser.get("/api/v1/me").await.status, 401);
    assert!(app.tokens.issue(&verified).await.is_err());

    let email = &owner.user.email;
    let first = log_in(&app, email, "").await;
    assert_eq!(problem(&first), refused(401, "second-factor-required"));
    let bad = log_in(&app, email, &wrong(&owner.secret, &app.clock)).await;
    assert_eq!(problem(&bad), refused(401, "invalid-second-factor"));
    let body =
        json!({ "email": email, "password": "a wrong password", "totp": owner.code(&app.clock) });
    let guessed = app.client().post_json("/api/v1/auth/login", &body).await;
    assert_eq!(problem(&guessed), refused(401, "invalid-credentials"));
    let right = log_in(&app, email, &owner.code(&app.clock)).await;
    assert_eq!(right.status, 200, "{}", right.text);
    let again = owner.client.post_json("/api/v1/me/totp", &json!({})).await;
    assert_eq!(problem(&again), refused(409, "second-factor-active"));
    // An account without one needs none, and what is sent does not matter.
    let bob = app.account("Bob", Role::Participant).await;
    assert_eq!(log_in(&app, &bob.email, "123456").await.status, 200);
}

async fn a_code_of_a_time_step_is_accepted_once(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let email = &owner.user.email;
    let now = owner.code(&app.clock);
    assert_eq!(log_in(&app, email, &now).await.status, 200);
    let again = log_in(&app, email, &now).await;
    assert_eq!(problem(&again), refused(401, "invalid-second-factor"));
    // The clock of a phone may be a step ahead; its present step and the one before are then used.
    let ahead = Clock::manual(app.clock.now() + TimeDelta::seconds(30));
    assert_eq!(log_in(&app, email, &owner.code(&ahead)).await.status, 200);
    assert_eq!(log_in(&app, email, &now).await.status, 401);
    app.clock.advance(TimeDelta::seconds(30));
    let used = log_in(&app, email, &owner.code(&app.clock)).await;
    assert_eq!(problem(&used), refused(401, "invalid-second-factor"));
    app.clock.advance(TimeDelta::seconds(60));
    assert_eq!(
        log_in(&app, email, &owner.code(&app.clock)).await.status,
        200
    );
}

async fn of_two_log_ins_with_one_code_one_succeeds(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let email = owner.user.email.as_str();
    let now = owner.code(&app.clock);
    for second in [now.as_str(), owner.recovery_codes[0].as_str()] {
        let (one, two) = tokio::join!(log_in(&app, email, second), log_in(&app, email, second));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "{second}");
    }
}

async fn each_recovery_code_logs_in_once(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let email = &owner.user.email;
    for code in &owner.recovery_codes {
        let typed = code.to_uppercase().replace('-', " ");
        assert_eq!(log_in(&app, email, &typed).await.status, 200, "{code}");
        let again = log_in(&app, email, code).await;
        assert_eq!(problem(&again), refused(401, "invalid-second-factor"));
    }
    assert_eq!(
        log_in(&app, email, &owner.code(&app.clock)).await.status,
        200
    );
    let bob = app.account("Bob", Role::Participant).await;
    let bob = self::owner(&app, bob).await;
    let of_bob = &bob.recovery_codes[0];
    assert_eq!(log_in(&app, email, of_bob).await.status, 401);
    assert_eq!(log_in(&app, &bob.user.email, of_bob).await.status, 200);
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
    let next = self::owner(&app, owner.user).await;
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

/// Logs in over the API with the cookies of a browser.
async fn log_in_with(browser: &Client, from: &str, email: &str, second: &str) -> Reply {
    let request = browser.request_from(from, Method::POST, "/api/v1/auth/login");
    let request = request.header("sec-fetch-site", "same-origin");
    let body = json!({ "email": email, "password": PASSWORD, "totp": second });
    browser.send(request.json(&body)).await
}

async fn wrong_codes_are_bounded_for_the_account_and_its_known_devices_apart(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let email = &owner.user.email;
    let device = app.client();
    let known = log_in_with(&device, "192.0.2.1", email, &owner.code(&app.clock)).await;
    assert_eq!(known.status, 200, "{}", known.text);
    app.clock.advance(TimeDelta::seconds(30));
    let bad = wrong(&owner.secret, &app.clock);
    for attempt in 0..RateLimit::SECOND_FACTORS_OF_ACCOUNT.most() {
        let from = format!("192.0.2.{}", attempt + 10);
        let reply = log_in_with(&app.client(), &from, email, &bad).await;
        assert_eq!(reply.status, 401, "{}", reply.text);
    }
    let code = owner.code(&app.clock);
    let refused = log_in_with(&app.client(), "192.0.2.99", email, &code).await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert!(refused.header("retry-after").is_some());
    // The owner logs in on a device that is known.
    let reply = log_in_with(&device, "192.0.2.1", email, &code).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    for _ in 0..RateLimit::SECOND_FACTORS_OF_DEVICE.most() {
        let reply = log_in_with(&device, "192.0.2.1", email, &bad).await;
        assert_eq!(reply.status, 401, "{}", reply.text);
    }
    let reply = log_in_with(&device, "192.0.2.1", email, &bad).await;
    assert_eq!(reply.status, 429, "{}", reply.text);
}

async fn only_who_knows_the_password_uses_up_the_attempts(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let email = &owner.user.email;
    for _ in 0..3 {
        let body = json!({ "email": email, "password": "a wrong password", "totp": "123456" });
        let reply = app.client().post_json("/api/v1/auth/login", &body).await;
        assert_eq!(problem(&reply), refused(401, "invalid-credentials"));
    }
    // Passing the first step is no failure, however often it is done.
    for _ in 0..RateLimit::FAILURES_OF_ACCOUNT.most() + 2 {
        let reply = log_in(&app, email, "").await;
        assert_eq!(problem(&reply), refused(401, "second-factor-required"));
    }
    let limit = RateLimit::SECOND_FACTORS_OF_ACCOUNT;
    for _ in 0..limit.most() {
        app.services.limits.count(limit, email).await.unwrap();
    }
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

async fn a_code_from_a_mail_is_not_enough_and_stays_valid_for_the_second_step(
    app: App,
    server: FakeSmtpServer,
) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let email = owner.user.email.clone();
    let asked = json!({ "email": email });
    app.client().post_json("/api/v1/auth/code", &asked).await;
    app.run_open_jobs().await;
    let mailed = server.codes(&email).pop().unwrap();
    let log_in = async |second: Option<&str>| {
        let body = match second {
            Some(totp) => json!({ "email": email, "code": mailed, "totp": totp }),
            None => json!({ "email": email, "code": mailed }),
        };
        app.client().post_json("/api/v1/auth/login", &body).await
    };
    let first = log_in(None).await;
    assert_eq!(problem(&first), refused(401, "second-factor-required"));
    let bad = log_in(Some(&wrong(&owner.secret, &app.clock))).await;
    assert_eq!(problem(&bad), refused(401, "invalid-second-factor"));
    assert_eq!(log_in(Some(&owner.code(&app.clock))).await.status, 200);
    // Now it is used.
    let again = log_in(Some(&owner.recovery_codes[0])).await;
    assert_eq!(problem(&again), refused(401, "invalid-credentials"));
}

async fn the_owner_is_told_of_every_change(app: App, server: FakeSmtpServer) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let used = log_in(&app, &owner.user.email, &owner.recovery_codes[0]).await;
    assert_eq!(used.status, 200);
    let done = remove(&owner.client, &owner.code(&app.clock)).await;
    assert_eq!(done.status, 204);
    app.run_open_jobs().await;
    let told = [
        "A recovery code was used",
        "Two-step log-in is off",
        "Two-step log-in is on",
    ];
    let mut subjects = server.subjects(&owner.user.email);
    // Workers send mail side by side.
    subjects.sort();
    assert_eq!(subjects, told);
    let messages = app.messages(MessageKind::Account).await;
    assert!(
        messages
            .iter()
            .any(|it| it.body.contains("9 codes are left."))
    );
}

async fn a_replaced_secret_of_the_installation_keeps_second_factors(backend: Backend) {
    const NEW: &str = "another secret of at least thirty-two bytes";
    let old = spawn_app_with(Storage::create(backend).await, &[]).await;
    let [ada, bob] = ["Ada", "Bob"].map(|name| old.account(name, Role::Participant));
    let (ada, bob) = (owner(&old, ada.await).await, owner(&old, bob.await).await);
    let storage = old.shut_down().await;

    let both = ["--jwt-secret", NEW, "--jwt-secret-previous", SECRET];
    let app = spawn_app_with(storage, &both).await;
    app.clock.advance(TimeDelta::minutes(10));
    let now = ada.code(&app.clock);
    assert_eq!(log_in(&app, &ada.user.email, &now).await.status, 200);
    // The clean-up encrypts what the previous secret has encrypted.
    app.clock.advance(TimeDelta::hours(2));
    assert!(app.run_scheduled_tasks().await.contains(&"cleanup"));
    let later = app.clock.now();
    let storage = app.shut_down().await;

    let app = spawn_app_with(storage, &["--jwt-secret", NEW]).await;
    app.clock.advance(later - app.clock.now());
    for owner in [&ada, &bob] {
        let code = owner.code(&app.clock);
        let reply = log_in(&app, &owner.user.email, &code).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let storage = app.shut_down().await;

    // Without the secret, codes of the app are worth nothing, and recovery codes still log in.
    let lost = [
        "--jwt-secret",
        "a third secret of at least thirty-two bytes",
    ];
    let app = spawn_app_with(storage, &lost).await;
    app.clock
        .advance(later + TimeDelta::minutes(2) - app.clock.now());
    let code = ada.code(&app.clock);
    let reply = log_in(&app, &ada.user.email, &code).await;
    assert_eq!(problem(&reply), refused(401, "invalid-second-factor"));
    let reply = log_in(&app, &ada.user.email, &ada.recovery_codes[0]).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}
