//! A class behind one address is let through; strangers can't fill the store; the numbers hold.

use mini_compete::{domain::rate_limits::RateLimit, model::Role};
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use crate::{
    both_limited,
    harness::{App, Client, PASSWORD, Reply},
};

both_limited!(
    a_class_behind_one_address_logs_in_and_registers_in_one_minute,
    strangers_leave_nothing_behind_whatever_they_send,
    who_sends_too_many_forms_is_told_before_anything_is_read,
    a_stranger_is_told_on_the_next_page_what_was_wrong,
    what_an_organizer_typed_survives_a_mistake,
    an_account_has_calls_and_registrations_of_its_own,
);

const CLASS: &str = "203.0.113.30";

async fn sessions(app: &App) -> u64 {
    let sessions = mini_compete::store::entity::session::Entity::find();
    sessions.count(app.database.read()).await.unwrap()
}

/// Sends a form as a browser would, through the test's proxy.
async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Reply {
    let request = client
        .sent_from(CLASS, Method::POST, path)
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html")
        .form(fields);
    client.send(request).await
}

async fn a_class_behind_one_address_logs_in_and_registers_in_one_minute(app: App) {
    // Most of them were faster, and each of those mistyped the password once.
    for (limit, times) in [
        (RateLimit::FORMS, 4 * 290),
        (RateLimit::PASSWORDS, 2 * 290),
        (RateLimit::FAILURES_OF_NETWORK, 290),
        (RateLimit::STRANGERS_CALLS, 4 * 290),
    ] {
        app.use_up(limit, CLASS, times).await;
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
        let there = log_in(PASSWORD).await;
        assert_eq!(there.status, 200, "{}", there.text);
        let path = format!("/competitions/{competition}");
        let page = client.get(&path).await;
        let form = page.form("[data-testid=register-form]");
        let done = client.submit(&form).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }
    assert_eq!(app.assert_seat_invariant().await, 5);
}

async fn strangers_leave_nothing_behind_whatever_they_send(app: App) {
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

async fn who_sends_too_many_forms_is_told_before_anything_is_read(app: App) {
    app.exhaust(RateLimit::FORMS, CLASS).await;
    let client = app.client();
    let reply = send(&client, "/act/login", &[("email", "a@b.example")]).await;
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
    assert!(reply.find("[role=alert]").is_some(), "{}", reply.text);
    assert_eq!(reply.header("set-cookie"), None);
    assert_eq!(sessions(&app).await, 0);
    // Everybody else, and looking at pages, is as before.
    let page = client.sent_from(CLASS, Method::GET, "/login");
    assert_eq!(client.send(page).await.status, 200);
    let other = client
        .sent_from("203.0.113.31", Method::POST, "/act/logout")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(client.send(other).await.status, 200);
}

async fn a_stranger_is_told_on_the_next_page_what_was_wrong(app: App) {
    let client = app.client();
    let fields = [("name", "Grace"), ("email", "grace"), ("password", "short")];
    let page = send(&client, "/act/signup", &fields).await;
    let form = page.form("form[action='/act/signup']");
    assert_eq!(form.value("name"), Some("Grace"));
    assert_eq!(form.value("password"), Some(""));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    // Once.
    let again = client.get("/signup").await;
    assert_eq!(
        again.form("form[action='/act/signup']").value("name"),
        Some("")
    );
    let page = send(&client, "/act/create-competition", &[("title", "Mine")]).await;
    assert!(page.url.contains("/login"), "{}", page.url);
    assert!(page.find("[role=status]").is_some());
}

async fn what_an_organizer_typed_survives_a_mistake(app: App) {
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

async fn an_account_has_calls_and_registrations_of_its_own(app: App) {
    let people = app.people(2).await;
    let competition = app.competition(5, false).await.id;
    let clients = [
        app.client().with_token(app.token(people[0]).await),
        app.client().with_token(app.token(people[1]).await),
    ];
    let list = async |client: &Client| client.get("/api/v1/competitions").await.status.as_u16();
    app.exhaust(RateLimit::REGISTRATIONS, &people[0].id.to_string())
        .await;
    let reply = clients[0].register(competition, "k").await;
    assert_eq!(reply.status, 429, "{}", reply.text);
    assert_eq!(reply.problem(), "too-many-requests");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(clients[1].register(competition, "k").await.status, 201);
    assert_eq!(list(&clients[0]).await, 200);
    app.exhaust(RateLimit::CALLS, &people[1].id.to_string())
        .await;
    assert_eq!(list(&clients[1]).await, 429);
    assert_eq!(list(&clients[0]).await, 200);
    assert_eq!(list(&app.client()).await, 200);
    // A token that does not hold proves nobody.
    app.exhaust(RateLimit::STRANGERS_CALLS, "127.0.0.1").await;
    let forged = app.client().with_token("forged");
    assert_eq!(list(&forged).await, 429);
    let login = json!({ "email": "a@b.example", "password": "x" });
    let reply = app.client().post_json("/api/v1/auth/login", &login).await;
    assert_eq!(reply.status, 429);
}
