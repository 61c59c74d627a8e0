//! Limits of failed log-ins: guessing a password is slow in every way, and does not lock out the devices that
//! an account has used before.

use mini_compete::{
    domain::rate_limits::RateLimit,
    model::{Role, UserView},
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    harness::{
        App, Backend, Client, PASSWORD, Reply, Storage, process::Redis, service,
        spawn_rate_limited_app_on,
    },
    on_both_backends_rate_limited,
};

on_both_backends_rate_limited!(
    guesses_in_different_encodings_count_together,
    an_unknown_account_gets_the_same_responses_as_a_known_one,
    a_known_device_can_log_in_while_others_guess_the_password,
    wrong_passwords_from_a_known_device_have_a_limit_of_their_own,
    concurrent_guesses_are_all_counted,
    correct_passwords_are_not_counted,
    failed_log_ins_are_limited_per_network,
);

const LOG_IN: &str = "/api/v1/auth/login";
const WRONG_PASSWORD: &str = "a wrong password";

/// Logs in over the API.
async fn log_in(client: &Client, email: &str, password: &str) -> Reply {
    let credentials = json!({ "email": email, "password": password });
    let request = client
        .request(Method::POST, LOG_IN)
        .header("sec-fetch-site", "same-origin")
        .json(&credentials);
    client.send(request).await
}

/// Creates an account with the test password.
async fn ada(app: &App) -> UserView {
    app.account("Ada", Role::Participant).await
}

/// The number of wrong passwords that are allowed per account from unknown devices.
fn allowed_guesses() -> u64 {
    RateLimit::FAILURES_OF_ACCOUNT.most()
}

/// Sends wrong passwords from unknown devices until the limit is reached.
async fn exhaust_guesses(app: &App, email: &str) {
    for _ in 0..allowed_guesses() {
        assert_eq!(
            log_in(&app.client(), email, WRONG_PASSWORD).await.status,
            401
        );
    }
}

/// Asserts status 429 with a plausible `Retry-After`.
fn assert_too_many_requests(reply: &Reply) {
    assert_eq!(
        reply.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{}",
        reply.text
    );
    let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((60..=3_600).contains(&seconds), "{seconds}");
}

async fn guesses_in_different_encodings_count_together(app: App) {
    let ada = ada(&app).await;
    let escaped =
        "{\"password\":\"a wrong password\",\"em\\u0061il\":\"\\u0061da@ex\\u0061mple.test\"}";
    let spaced = json!({ "email": "  ADA@Example.Test ", "password": WRONG_PASSWORD }).to_string();
    for number in 0..allowed_guesses() {
        let client = app.client();
        let request = client.request(Method::POST, LOG_IN);
        let (request, expected) = match number % 4 {
            0 => (
                request
                    .header("content-type", "application/json")
                    .body(escaped),
                401,
            ),
            1 => (
                request
                    .header("content-type", "application/JSON; charset=\"utf-8\"")
                    .body(spaced.clone()),
                401,
            ),
            2 => (
                client
                    .request(Method::POST, "/act/login")
                    .header("sec-fetch-site", "same-origin")
                    .header(
                        "content-type",
                        "application/x-www-form-urlencoded; charset=utf-8",
                    )
                    .body("%65mail=%61da%40example.test&password=a+wrong+password"),
                200,
            ),
            _ => (
                request.json(&json!({ "email": "Ada@example.test", "password": WRONG_PASSWORD })),
                401,
            ),
        };
        let reply = client.send(request).await;
        assert_eq!(reply.status, expected, "{number}: {}", reply.text);
    }
    assert_too_many_requests(&log_in(&app.client(), &ada.email, PASSWORD).await);
    let client = app.client();
    let form = client.get("/login").await.form("form[action='/act/login']");
    let form = form.fill("email", &ada.email).fill("password", PASSWORD);
    assert_too_many_requests(&client.submit(&form).await);
}

async fn an_unknown_account_gets_the_same_responses_as_a_known_one(app: App) {
    let ada = ada(&app).await;
    for email in [ada.email.as_str(), "nobody@example.test"] {
        let mut answers = Vec::new();
        for _ in 0..=allowed_guesses() {
            let reply = log_in(&app.client(), email, WRONG_PASSWORD).await;
            answers.push((reply.status.as_u16(), reply.problem()));
        }
        let last = answers.pop().unwrap();
        assert_eq!(last, (429, "too-many-requests".to_owned()));
        let wrong = (401, "invalid-credentials".to_owned());
        assert!(answers.iter().all(|answer| *answer == wrong), "{answers:?}");
    }
}

async fn a_known_device_can_log_in_while_others_guess_the_password(app: App) {
    let ada = ada(&app).await;
    let bob = app.account("Bob", Role::Participant).await;
    let known_device = app.client();
    // One account logs in on the page, and another account uses the same device.
    let form = known_device
        .get("/login")
        .await
        .form("form[action='/act/login']");
    let form = form.fill("email", &ada.email).fill("password", PASSWORD);
    known_device.submit(&form).await;
    assert_eq!(
        log_in(&known_device, &bob.email, PASSWORD).await.status,
        200
    );
    exhaust_guesses(&app, &ada.email).await;
    assert_too_many_requests(&log_in(&app.client(), &ada.email, PASSWORD).await);
    assert_eq!(
        log_in(&known_device, &ada.email, PASSWORD).await.status,
        200
    );
    // A known device of another account is an unknown device of this one.
    let other_device = app.client();
    assert_eq!(
        log_in(&other_device, &bob.email, PASSWORD).await.status,
        200
    );
    assert_too_many_requests(&log_in(&other_device, &ada.email, PASSWORD).await);
}

async fn wrong_passwords_from_a_known_device_have_a_limit_of_their_own(app: App) {
    let ada = ada(&app).await;
    let known_device = app.client();
    assert_eq!(
        log_in(&known_device, &ada.email, PASSWORD).await.status,
        200
    );
    for _ in 0..RateLimit::FAILURES_OF_DEVICE.most() {
        assert_eq!(
            log_in(&known_device, &ada.email, WRONG_PASSWORD)
                .await
                .status,
            401
        );
    }
    assert_too_many_requests(&log_in(&known_device, &ada.email, PASSWORD).await);
    assert_eq!(
        log_in(&app.client(), &ada.email, PASSWORD).await.status,
        200
    );
}

async fn concurrent_guesses_are_all_counted(app: App) {
    let ada = ada(&app).await;
    let all = (0..3 * allowed_guesses()).map(|_| {
        let (client, email) = (app.client(), ada.email.clone());
        async move {
            log_in(&client, &email, WRONG_PASSWORD)
                .await
                .status
                .as_u16()
        }
    });
    let answers = futures::future::join_all(all).await;
    let verified = answers.iter().filter(|status| **status == 401).count();
    assert_eq!(verified as u64, allowed_guesses());
    assert!(answers.iter().all(|status| [401, 429].contains(status)));
}

async fn correct_passwords_are_not_counted(app: App) {
    let ada = ada(&app).await;
    for _ in 0..allowed_guesses() + 3 {
        assert_eq!(
            log_in(&app.client(), &ada.email, PASSWORD).await.status,
            200
        );
    }
}

async fn failed_log_ins_are_limited_per_network(app: App) {
    let most = RateLimit::FAILURES_OF_NETWORK.most();
    app.use_up(RateLimit::FAILURES_OF_NETWORK, "203.0.113.1", most - 1)
        .await;
    let client = app.client();
    let guess = async |email: &str| {
        let request = client
            .request_from("203.0.113.1", Method::POST, LOG_IN)
            .json(&json!({ "email": email, "password": WRONG_PASSWORD }));
        client.send(request).await
    };
    assert_eq!(guess("one@example.test").await.status, 401);
    assert_too_many_requests(&guess("another@example.test").await);
    // The password of a refused request is not verified, so it does not count against the account.
    let ada = ada(&app).await;
    for _ in 0..=allowed_guesses() {
        assert_too_many_requests(&guess(&ada.email).await);
    }
    assert_eq!(log_in(&client, &ada.email, PASSWORD).await.status, 200);
    assert_eq!(
        log_in(&client, "another@example.test", WRONG_PASSWORD)
            .await
            .status,
        401
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_are_counted_while_redis_is_unavailable() {
    let mut redis = Redis::start().await;
    let storage = Storage::on_servers(&service("TEST_POSTGRES_URL"), &redis.url()).await;
    let app = spawn_rate_limited_app_on(storage).await;
    assert_eq!(app.storage.backend, Backend::Postgres);
    let ada = ada(&app).await;
    let known_device = app.client();
    assert_eq!(
        log_in(&known_device, &ada.email, PASSWORD).await.status,
        200
    );
    redis.stop();
    exhaust_guesses(&app, &ada.email).await;
    assert_too_many_requests(&log_in(&app.client(), &ada.email, PASSWORD).await);
    assert_eq!(
        log_in(&known_device, &ada.email, PASSWORD).await.status,
        200
    );
}
