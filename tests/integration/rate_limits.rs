//! Rate limits: generous for many people behind one address, strict for anonymous visitors, and separate for
//! each account.

use mini_compete::{
    domain::{Actor, rate_limits::RateLimit},
    model::{Language, Role},
    text::catalogue,
};
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use crate::{
    harness::{App, Client, PASSWORD, Reply},
    on_both_backends_rate_limited,
};

on_both_backends_rate_limited!(
    a_school_class_behind_one_address_can_log_in_and_register_in_one_minute,
    requests_of_anonymous_visitors_store_nothing,
    too_many_forms_are_refused_before_they_are_read,
    an_anonymous_visitor_sees_form_errors_on_the_next_page,
    a_form_with_an_error_keeps_the_input_of_the_organizer,
    api_calls_and_registrations_are_limited_per_account,
    names_are_changed_a_few_times_an_hour,
);

/// The address that the clients of these tests share.
const SHARED_ADDRESS: &str = "203.0.113.30";

/// Counts the sessions in the database.
async fn sessions(app: &App) -> u64 {
    let sessions = mini_compete::store::entity::session::Entity::find();
    sessions.count(app.database.read()).await.unwrap()
}

/// Sends a form as a browser does, from the shared address.
async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Reply {
    let request = client
        .request_from(SHARED_ADDRESS, Method::POST, path)
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html")
        .form(fields);
    client.send(request).await
}

async fn a_school_class_behind_one_address_can_log_in_and_register_in_one_minute(app: App) {
    // The others have already logged in and registered, and each of them mistyped the password once.
    for (limit, times) in [
        (RateLimit::FORMS, 4 * 290),
        (RateLimit::PASSWORDS, 2 * 290),
        (RateLimit::FAILURES_OF_NETWORK, 290),
        (RateLimit::ANONYMOUS_CALLS, 4 * 290),
    ] {
        app.use_up(limit, SHARED_ADDRESS, times).await;
    }
    let competition = app.competition(300, false).await.id;
    for number in 0..5 {
        let pupil = app
            .account(&format!("Pupil {number}"), Role::Participant)
            .await;
        let client = app.client();
        let log_in = async |password| {
            let fields = [("email", pupil.email.as_str()), ("password", password)];
            send(&client, "/act/login", &fields).await
        };
        log_in("a wrong password").await;
        let page = log_in(PASSWORD).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let path = format!("/competitions/{competition}");
        let page = client.get(&path).await;
        let form = page.form("[data-testid=register-form]");
        let done = client.submit(&form).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }
    assert_eq!(app.assert_seat_invariant().await, 5);
}

async fn requests_of_anonymous_visitors_store_nothing(app: App) {
    let text = "x".repeat(40_000);
    for number in 0..200 {
        let path = match number % 5 {
            0 => "/act/create-competition",
            1 => "/act/edit-competition",
            2 => "/act/profile",
            3 => "/act/signup",
            _ => "/act/login",
        };
        let client = app.client();
        let fields = [("title", text.as_str()), ("name", &text), ("email", &text)];
        let reply = send(&client, path, &fields).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    }
    assert_eq!(sessions(&app).await, 0);
    assert_eq!(app.redis_keys("session:*").await, Vec::<String>::new());
}

async fn too_many_forms_are_refused_before_they_are_read(app: App) {
    app.exhaust(RateLimit::FORMS, SHARED_ADDRESS).await;
    let client = app.client();
    let reply = send(&client, "/act/login", &[("email", "a@b.example")]).await;
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
    assert!(reply.find("[role=alert]").is_some(), "{}", reply.text);
    assert_eq!(reply.header("set-cookie"), None);
    let request = client
        .request_from(SHARED_ADDRESS, Method::POST, "/act/login")
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html")
        .header("accept-language", "es");
    let spanish = client.send(request).await;
    let title = catalogue(Language::Spanish).frame.too_fast_title;
    assert_eq!(spanish.find("h1").as_deref(), Some(title));
    assert_eq!(sessions(&app).await, 0);
    // Pages and other addresses are not limited.
    let page = client.request_from(SHARED_ADDRESS, Method::GET, "/login");
    assert_eq!(client.send(page).await.status, 200);
    let other = client
        .request_from("203.0.113.31", Method::POST, "/act/logout")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(client.send(other).await.status, 200);
}

async fn an_anonymous_visitor_sees_form_errors_on_the_next_page(app: App) {
    let client = app.client();
    let fields = [("name", "Grace"), ("email", "grace"), ("password", "short")];
    let page = send(&client, "/act/signup", &fields).await;
    let form = page.form("form[action='/act/signup']");
    assert_eq!(form.value("name"), Some("Grace"));
    assert_eq!(form.value("password"), Some(""));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    // The page shows the input only once.
    let again = client.get("/signup").await;
    assert_eq!(
        again.form("form[action='/act/signup']").value("name"),
        Some("")
    );
    let page = send(&client, "/act/create-competition", &[("title", "Mine")]).await;
    assert!(page.find("[data-testid=login-form]").is_some());
    assert!(page.find("[role=status]").is_some());
}

async fn a_form_with_an_error_keeps_the_input_of_the_organizer(app: App) {
    let organizer = app.account("Organizer", Role::Organizer).await;
    let client = app.client();
    let fields = [("email", organizer.email.as_str()), ("password", PASSWORD)];
    send(&client, "/act/login", &fields).await;
    let text = "ö".repeat(20_000);
    let fields = [("title", ""), ("description", text.as_str())];
    let page = send(&client, "/act/create-competition", &fields).await;
    let form = page.form("form[action='/act/create-competition']");
    let kept = form.value("description").unwrap();
    assert_eq!(kept.trim().chars().count(), 20_000);
    assert_eq!(sessions(&app).await, 1);
}

async fn api_calls_and_registrations_are_limited_per_account(app: App) {
    let participants = app.participants(2).await;
    let competition = app.competition(5, false).await.id;
    let clients = [
        app.client().with_token(app.token(participants[0]).await),
        app.client().with_token(app.token(participants[1]).await),
    ];
    let list = async |client: &Client| client.get("/api/v1/competitions").await.status.as_u16();
    app.exhaust(RateLimit::REGISTRATIONS, &participants[0].id.to_string())
        .await;
    let reply = clients[0].register(competition, "k").await;
    assert_eq!(reply.status, 429, "{}", reply.text);
    assert_eq!(reply.problem(), "too-many-requests");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(clients[1].register(competition, "k").await.status, 201);
    assert_eq!(list(&clients[0]).await, 200);
    app.exhaust(RateLimit::CALLS, &participants[1].id.to_string())
        .await;
    assert_eq!(list(&clients[1]).await, 429);
    assert_eq!(list(&clients[0]).await, 200);
    assert_eq!(list(&app.client()).await, 200);
    // A request with an invalid token counts as anonymous.
    app.exhaust(RateLimit::ANONYMOUS_CALLS, "127.0.0.1").await;
    let forged = app.client().with_token("forged");
    assert_eq!(list(&forged).await, 429);
    let login = json!({ "email": "a@b.example", "password": "x" });
    let reply = app.client().post_json("/api/v1/auth/login", &login).await;
    assert_eq!(reply.status, 429);
}

async fn names_are_changed_a_few_times_an_hour(app: App) {
    let account = app.account("Ada", Role::Participant).await;
    let token = app.token(Actor::from(&account)).await;
    let client = app.client().with_token(token);
    let change = async |profile: serde_json::Value| {
        let request = client.request(Method::PATCH, "/api/v1/me").json(&profile);
        client.send(request).await.status.as_u16()
    };
    assert_eq!(change(json!({ "name": "Bea" })).await, 200);
    app.exhaust(RateLimit::NAME_CHANGES, &account.id.to_string())
        .await;
    assert_eq!(change(json!({ "name": "Cleo" })).await, 429);
    let other = json!({ "name": "Bea", "reminders": false });
    assert_eq!(change(other).await, 200);
}
