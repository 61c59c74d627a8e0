//! Log-ins with a second factor: codes of an authenticator app, and recovery codes.

mod changes;
mod pages;

use chrono::TimeDelta;
use mini_compete::{
    domain::{accounts::second_factor::RECOVERY_CODES, rate_limits::RateLimit},
    model::{Role, UserView},
    ops::Clock,
};
use reqwest::Method;
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
);

on_both_backends_rate_limited!(
    wrong_codes_are_bounded_for_the_account_and_its_known_devices_apart,
    only_who_knows_the_password_uses_up_the_attempts,
);

on_both_backends_with!(
    spawn_mailing_app:
    a_code_from_a_mail_is_not_enough_and_stays_valid_for_the_second_step,
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
pub struct Owner {
    pub user: UserView,
    pub secret: String,
    pub recovery_codes: Vec<String>,
    /// A client that was logged in before.
    pub client: Client,
}

impl Owner {
    /// Returns the code that the app shows at the time of the clock.
    pub fn code(&self, clock: &Clock) -> String {
        code(&self.secret, clock)
    }
}

/// Returns the code that an app with this secret shows at the time of the clock.
pub fn code(secret: &str, clock: &Clock) -> String {
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
pub async fn owner(app: &App, user: UserView) -> Owner {
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
