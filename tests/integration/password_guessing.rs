//! Guessing passwords is slow, however it is tried, and shuts nobody out who was here before.

use mini_compete::{
    domain::rate_limits::RateLimit,
    model::{Role, UserView},
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    both_limited,
    harness::{
        App, Backend, Client, PASSWORD, Place, Reply, process::Redis, service, spawn_limited_at,
    },
};

both_limited!(
    a_guess_is_a_guess_however_it_is_written,
    an_account_that_does_not_exist_answers_the_same,
    who_logged_in_before_is_not_shut_out_by_who_guesses,
    a_known_device_guesses_at_its_own_budget,
    guesses_at_the_same_moment_are_many,
    right_passwords_are_not_counted,
    one_network_may_fail_only_so_often,
);

const LOG_IN: &str = "/api/v1/auth/login";
const WRONG: &str = "a wrong password";

async fn log_in(client: &Client, email: &str, password: &str) -> Reply {
    let credentials = json!({ "email": email, "password": password });
    let request = client
        .request(Method::POST, LOG_IN)
        .header("sec-fetch-site", "same-origin")
        .json(&credentials);
    client.send(request).await
}

async fn ada(app: &App) -> UserView {
    app.account("Ada", Role::Participant).await
}

fn guesses() -> u64 {
    RateLimit::FAILURES_OF_ACCOUNT.most()
}

/// Wrong passwords from devices that nobody knows, until that is too often.
async fn exhaust(app: &App, email: &str) {
    for _ in 0..guesses() {
        assert_eq!(log_in(&app.client(), email, WRONG).await.status, 401);
    }
}

fn assert_too_often(reply: &Reply) {
    assert_eq!(
        reply.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{}",
        reply.text
    );
    let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((60..=3_600).contains(&seconds), "{seconds}");
}

async fn a_guess_is_a_guess_however_it_is_written(app: App) {
    let ada = ada(&app).await;
    let escaped =
        "{\"password\":\"a wrong password\",\"em\\u0061il\":\"\\u0061da@ex\\u0061mple.test\"}";
    let spaced = json!({ "email": "  ADA@Example.Test ", "password": WRONG }).to_string();
    for number in 0..guesses() {
        let client = app.client();
        let request = client.request(Method::POST, LOG_IN);
        let (request, refused) = match number % 4 {
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
                request.json(&json!({ "email": "Ada@example.test", "password": WRONG })),
                401,
            ),
        };
        let reply = client.send(request).await;
        assert_eq!(reply.status, refused, "{number}: {}", reply.text);
    }
    assert_too_often(&log_in(&app.client(), &ada.email, PASSWORD).await);
    let client = app.client();
    let form = client.get("/login").await.form("form[action='/act/login']");
    let form = form.fill("email", &ada.email).fill("password", PASSWORD);
    assert_too_often(&client.submit(&form).await);
}

async fn an_account_that_does_not_exist_answers_the_same(app: App) {
    let ada = ada(&app).await;
    for email in [ada.email.as_str(), "nobody@example.test"] {
        let mut answers = Vec::new();
        for _ in 0..=guesses() {
            let reply = log_in(&app.client(), email, WRONG).await;
            answers.push((reply.status.as_u16(), reply.problem()));
        }
        let last = answers.pop().unwrap();
        assert_eq!(last, (429, "too-many-requests".to_owned()));
        let wrong = (401, "invalid-credentials".to_owned());
        assert!(answers.iter().all(|answer| *answer == wrong), "{answers:?}");
    }
}

async fn who_logged_in_before_is_not_shut_out_by_who_guesses(app: App) {
    let ada = ada(&app).await;
    let bob = app.account("Bob", Role::Participant).await;
    let hers = app.client();
    // On the page, and with somebody else on the same device.
    let form = hers.get("/login").await.form("form[action='/act/login']");
    let form = form.fill("email", &ada.email).fill("password", PASSWORD);
    hers.submit(&form).await;
    assert_eq!(log_in(&hers, &bob.email, PASSWORD).await.status, 200);
    exhaust(&app, &ada.email).await;
    assert_too_often(&log_in(&app.client(), &ada.email, PASSWORD).await);
    assert_eq!(log_in(&hers, &ada.email, PASSWORD).await.status, 200);
    // A device that another account knows is nobody's here.
    let his = app.client();
    assert_eq!(log_in(&his, &bob.email, PASSWORD).await.status, 200);
    assert_too_often(&log_in(&his, &ada.email, PASSWORD).await);
}

async fn a_known_device_guesses_at_its_own_budget(app: App) {
    let ada = ada(&app).await;
    let hers = app.client();
    assert_eq!(log_in(&hers, &ada.email, PASSWORD).await.status, 200);
    for _ in 0..RateLimit::FAILURES_OF_DEVICE.most() {
        assert_eq!(log_in(&hers, &ada.email, WRONG).await.status, 401);
    }
    assert_too_often(&log_in(&hers, &ada.email, PASSWORD).await);
    assert_eq!(
        log_in(&app.client(), &ada.email, PASSWORD).await.status,
        200
    );
}

async fn guesses_at_the_same_moment_are_many(app: App) {
    let ada = ada(&app).await;
    let all = (0..3 * guesses()).map(|_| {
        let (client, email) = (app.client(), ada.email.clone());
        async move { log_in(&client, &email, WRONG).await.status.as_u16() }
    });
    let answers = futures::future::join_all(all).await;
    let looked_at = answers.iter().filter(|status| **status == 401).count();
    assert_eq!(looked_at as u64, guesses());
    assert!(answers.iter().all(|status| [401, 429].contains(status)));
}

async fn right_passwords_are_not_counted(app: App) {
    let ada = ada(&app).await;
    for _ in 0..guesses() + 3 {
        assert_eq!(
            log_in(&app.client(), &ada.email, PASSWORD).await.status,
            200
        );
    }
}

async fn one_network_may_fail_only_so_often(app: App) {
    let most = RateLimit::FAILURES_OF_NETWORK.most();
    app.use_up(RateLimit::FAILURES_OF_NETWORK, "203.0.113.1", most - 1)
        .await;
    let client = app.client();
    let guess = async |email: &str| {
        let request = client
            .sent_from("203.0.113.1", Method::POST, LOG_IN)
            .json(&json!({ "email": email, "password": WRONG }));
        client.send(request).await
    };
    assert_eq!(guess("one@example.test").await.status, 401);
    assert_too_often(&guess("another@example.test").await);
    // What is refused is no guess, and counts against nobody.
    let ada = ada(&app).await;
    for _ in 0..=guesses() {
        assert_too_often(&guess(&ada.email).await);
    }
    assert_eq!(log_in(&client, &ada.email, PASSWORD).await.status, 200);
    assert_eq!(
        log_in(&client, "another@example.test", WRONG).await.status,
        401
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_away_guesses_are_counted_all_the_same() {
    let mut redis = Redis::start().await;
    let place = Place::on(&service("TEST_POSTGRES_URL"), &redis.url()).await;
    let app = spawn_limited_at(place).await;
    assert_eq!(app.place.backend, Backend::Postgres);
    let ada = ada(&app).await;
    let hers = app.client();
    assert_eq!(log_in(&hers, &ada.email, PASSWORD).await.status, 200);
    redis.stop();
    exhaust(&app, &ada.email).await;
    assert_too_often(&log_in(&app.client(), &ada.email, PASSWORD).await);
    assert_eq!(log_in(&hers, &ada.email, PASSWORD).await.status, 200);
}
