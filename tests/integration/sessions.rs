//! Where an account is logged in: the list, ending log-ins, their lifetimes, and actions that need a recent
//! log-in.

use chrono::TimeDelta;
use mini_compete::{
    domain::accounts::Initiator,
    model::{Role, UserView},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::{App, Backend, Client, PASSWORD, Reply, Storage, spawn_app_with},
    on_both_backends,
};

on_both_backends!(
    an_account_sees_its_log_ins_and_ends_one_of_them,
    an_account_is_logged_out_everywhere_else,
    an_ended_log_in_registers_nobody_and_its_streams_end,
    nobody_ends_the_session_of_another_account,
    a_log_in_ends_after_thirty_days_however_often_it_is_used,
    an_administrator_is_logged_out_after_twelve_hours,
    an_account_that_becomes_an_administrator_is_logged_out_after_twelve_hours,
    a_new_address_needs_a_recent_log_in,
    the_password_makes_a_log_in_recent_on_the_pages,
);

async fn ada(app: &App) -> UserView {
    app.account("Ada", Role::Participant).await
}

async fn api_log_in(app: &App, email: &str) -> Value {
    let body = json!({ "email": email, "password": PASSWORD });
    let reply = app.client().post_json("/api/v1/auth/login", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn bearer(app: &App, tokens: &Value) -> Client {
    app.client()
        .with_token(tokens["accessToken"].as_str().unwrap())
}

async fn browser(app: &App, email: &str) -> Client {
    let browser = app.client();
    browser.log_in(email).await;
    browser
}

async fn sessions(client: &Client) -> Vec<Value> {
    let list = client.get("/api/v1/me/sessions").await.json();
    list["items"].as_array().unwrap().clone()
}

async fn end(client: &Client, id: &str) -> Reply {
    let path = format!("/api/v1/me/sessions{id}");
    let request = client.request(Method::DELETE, &path);
    client
        .send(request.header("sec-fetch-site", "same-origin"))
        .await
}

async fn status(client: &Client) -> u16 {
    client.get("/api/v1/me").await.status.as_u16()
}

async fn an_account_sees_its_log_ins_and_ends_one_of_them(app: App) {
    let ada = ada(&app).await;
    let this = browser(&app, &ada.email).await;
    let other = browser(&app, &ada.email).await;
    let tokens = api_log_in(&app, &ada.email).await;
    let api = bearer(&app, &tokens);
    let listed = sessions(&this).await;
    assert_eq!(listed.len(), 3, "{listed:?}");
    let current: Vec<_> = listed.iter().map(|it| it["current"] == true).collect();
    assert_eq!(current, [true, false, false]);
    let of_kind = |kind: &str| {
        let found = listed
            .iter()
            .find(|it| it["kind"] == kind && it["current"] == false);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let family = of_kind("API_CLIENT");
    assert_eq!(end(&this, &format!("/{family}")).await.status, 204);
    assert_eq!(status(&api).await, 401, "the access token too");
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    let refreshed = app.client().post_json("/api/v1/auth/refresh", &body).await;
    assert_eq!(refreshed.status, 401);
    assert_eq!(end(&this, &format!("/{family}")).await.status, 404);
    assert_eq!((status(&this).await, status(&other).await), (200, 200));

    let page = this.get("/me/sessions").await;
    let form = page.form("form[action='/act/end-session']");
    let done = this.submit(&form).await;
    assert!(done.find("[role=status]").unwrap().contains("logged out"));
    assert_eq!((status(&this).await, status(&other).await), (200, 401));
    assert_eq!(sessions(&this).await.len(), 1);
}

async fn an_account_is_logged_out_everywhere_else(app: App) {
    let ada = ada(&app).await;
    let this = browser(&app, &ada.email).await;
    let other = browser(&app, &ada.email).await;
    let api = bearer(&app, &api_log_in(&app, &ada.email).await);
    let form = this.get("/me/sessions").await;
    this.submit(&form.form("[data-testid=end-others-form]"))
        .await;
    assert_eq!(
        (
            status(&this).await,
            status(&other).await,
            status(&api).await
        ),
        (200, 401, 401)
    );
    let [kept, ended] = [
        bearer(&app, &api_log_in(&app, &ada.email).await),
        bearer(&app, &api_log_in(&app, &ada.email).await),
    ];
    assert_eq!(end(&kept, "").await.status, 204);
    assert_eq!(
        (
            status(&kept).await,
            status(&ended).await,
            status(&this).await
        ),
        (200, 401, 401)
    );
}

async fn an_ended_log_in_registers_nobody_and_its_streams_end(app: App) {
    let ada = ada(&app).await;
    let competition = app.competition(9, false).await;
    let this = browser(&app, &ada.email).await;
    let tokens = api_log_in(&app, &ada.email).await;
    let (ended, kept) = (bearer(&app, &tokens), api_log_in(&app, &ada.email).await);
    let kept = bearer(&app, &kept);
    let stream = ended.request(Method::GET, "/api/v1/me/events").send();
    let mut stream = stream.await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    let logged_out = app.client().post_json("/api/v1/auth/logout", &body).await;
    assert_eq!(logged_out.status, 204);
    assert_eq!(ended.register(competition.id, "a").await.status, 401);
    assert_eq!(status(&ended).await, 401);
    let rest = async { while stream.chunk().await.unwrap().is_some() {} };
    let rest = tokio::time::timeout(std::time::Duration::from_secs(10), rest);
    rest.await.expect("the stream ends");
    // Another log-in of the account goes on, and so do other accounts.
    assert_eq!(kept.register(competition.id, "b").await.status, 201);
    assert_eq!(status(&this).await, 200);
    let stream = kept.request(Method::GET, "/api/v1/me/events").send();
    assert_eq!(stream.await.unwrap().status(), 200);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn nobody_ends_the_session_of_another_account(app: App) {
    let ada = ada(&app).await;
    let bob = app.account("Bob", Role::Admin).await;
    let of_ada = browser(&app, &ada.email).await;
    let family = bearer(&app, &api_log_in(&app, &ada.email).await);
    let of_bob = bearer(&app, &api_log_in(&app, &bob.email).await);
    for session in sessions(&of_ada).await {
        let id = session["id"].as_str().unwrap();
        assert_eq!(end(&of_bob, &format!("/{id}")).await.status, 404);
    }
    assert_eq!(end(&of_bob, "/not-an-id").await.status, 404);
    assert_eq!(end(&app.client(), "").await.status, 401);
    assert_eq!((status(&of_ada).await, status(&family).await), (200, 200));
}

async fn a_log_in_ends_after_thirty_days_however_often_it_is_used(app: App) {
    let ada = ada(&app).await;
    let this = browser(&app, &ada.email).await;
    let mut tokens = api_log_in(&app, &ada.email).await;
    for day in 1..=30 {
        app.clock.advance(TimeDelta::days(1));
        let body = json!({ "refreshToken": tokens["refreshToken"] });
        let next = app.client().post_json("/api/v1/auth/refresh", &body).await;
        let expected = if day < 30 { 200 } else { 401 };
        assert_eq!(next.status, expected, "day {day}");
        assert_eq!(status(&this).await, expected, "day {day}");
        if day < 30 {
            tokens = next.json();
        }
    }
}

async fn an_administrator_is_logged_out_after_twelve_hours(app: App) {
    let admin = app.account("Adam", Role::Admin).await;
    let this = browser(&app, &admin.email).await;
    let tokens = api_log_in(&app, &admin.email).await;
    app.clock.advance(TimeDelta::hours(11));
    assert_eq!(status(&this).await, 200);
    app.clock.advance(TimeDelta::hours(1));
    assert_eq!(status(&this).await, 401);
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    let late = app.client().post_json("/api/v1/auth/refresh", &body).await;
    assert_eq!(late.status, 401);
}

async fn an_account_that_becomes_an_administrator_is_logged_out_after_twelve_hours(app: App) {
    let ada = ada(&app).await;
    let this = browser(&app, &ada.email).await;
    let tokens = api_log_in(&app, &ada.email).await;
    app.clock.advance(TimeDelta::hours(13));
    let by = Initiator::Operator("cli:test");
    let accounts = &app.services.accounts;
    accounts
        .set_role(&ada.email, Role::Admin, by)
        .await
        .unwrap();
    assert_eq!(status(&this).await, 401);
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    let late = app.client().post_json("/api/v1/auth/refresh", &body).await;
    assert_eq!(late.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_that_one_process_ends_is_over_at_the_other() {
    let storage = Storage::create(Backend::Postgres).await;
    let other = spawn_app_with(storage.share(), &[]).await;
    let app = spawn_app_with(storage, &[]).await;
    let ada = ada(&app).await;
    let this = browser(&app, &ada.email).await;
    let [at_other, again] = [
        browser(&other, &ada.email).await,
        browser(&other, &ada.email).await,
    ];
    let tokens = api_log_in(&other, &ada.email).await;
    let api = bearer(&other, &tokens);
    assert_eq!((status(&at_other).await, status(&api).await), (200, 200));
    let listed = sessions(&this).await;
    for session in &listed[1..3] {
        let id = session["id"].as_str().unwrap();
        assert_eq!(end(&this, &format!("/{id}")).await.status, 204);
    }
    let mut left = [
        status(&at_other).await,
        status(&again).await,
        status(&api).await,
    ];
    left.sort_unstable();
    assert_eq!(left, [200, 401, 401]);
    assert_eq!(end(&this, "").await.status, 204);
    for client in [&at_other, &again, &api] {
        assert_eq!(status(client).await, 401);
    }
    assert_eq!(status(&this).await, 200);
}

async fn a_new_address_needs_a_recent_log_in(app: App) {
    let ada = ada(&app).await;
    let tokens = api_log_in(&app, &ada.email).await;
    app.clock.advance(TimeDelta::minutes(14));
    let patch = async |client: &Client, email: &str| {
        let request = client.request(Method::PATCH, "/api/v1/me");
        client.send(request.json(&json!({ "email": email }))).await
    };
    let first = patch(&bearer(&app, &tokens), "first@example.test").await;
    assert_eq!(first.status, 200);
    app.clock.advance(TimeDelta::minutes(2));
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    let refreshed = app.client().post_json("/api/v1/auth/refresh", &body).await;
    let client = bearer(&app, &refreshed.json());
    let second = patch(&client, "second@example.test").await;
    assert_eq!(second.status, 401);
    assert_eq!(second.problem(), "recent-login-required");
    // Nothing but the address needs it.
    assert_eq!(patch(&client, "first@example.test").await.status, 200);
}

async fn the_password_makes_a_log_in_recent_on_the_pages(app: App) {
    let ada = ada(&app).await;
    let browser = browser(&app, &ada.email).await;
    app.clock.advance(TimeDelta::minutes(20));
    let patch = async || {
        let request = browser.request(Method::PATCH, "/api/v1/me");
        let request = request.header("sec-fetch-site", "same-origin");
        let body = json!({ "email": "new@example.test" });
        browser.send(request.json(&body)).await.status.as_u16()
    };
    assert_eq!(patch().await, 401);
    let page = browser.get("/confirm-password?next=%2Fme%2Fprofile").await;
    let form = page.form("[data-testid=confirm-password-form]");
    let wrong = browser
        .submit(&form.clone().fill("password", "not this one"))
        .await;
    assert!(wrong.text.contains("This is not your password"));
    assert_eq!(patch().await, 401);
    let right = browser.submit(&form.fill("password", PASSWORD)).await;
    assert!(right.url.ends_with("/me/profile"), "{}", right.url);
    assert_eq!(patch().await, 200);
}
