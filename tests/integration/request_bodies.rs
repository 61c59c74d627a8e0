//! What becomes of bodies that nobody reads, that do not come, and that are too large.

use std::time::Duration;

use mini_compete::model::Role;
use reqwest::Method;

use crate::{
    both,
    harness::{App, Backend, Client, PASSWORD, Wire, spawn_app},
};

both!(
    twenty_thousand_characters_of_four_bytes_fit_into_a_description,
    a_form_that_is_too_large_is_refused_on_a_page_like_the_others,
);

/// What a request that is refused early looks like: its first lines, and the refusal.
const EARLY: [(&str, &str, u16); 6] = [
    (
        "POST /api/v1/competitions",
        "content-type: application/json",
        401,
    ),
    ("POST /api/v1/auth/login", "content-type: text/plain", 415),
    (
        "POST /api/v1/auth/login",
        "origin: https://evil.example",
        403,
    ),
    ("POST /act/login", "sec-fetch-site: cross-site", 403),
    (
        "POST /api/v1/nothing",
        "content-type: application/json",
        404,
    ),
    ("PUT /api/v1/me", "content-type: application/json", 405),
];

fn head(app: &App, first: &str, field: &str, length: usize) -> String {
    format!(
        "{first} HTTP/1.1\r\nhost: {}\r\n{field}\r\ncontent-length: {length}\r\n\r\n",
        app.address
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_refused_early_can_still_send_the_whole_body_and_read_the_answer() {
    let app = spawn_app(Backend::Sqlite).await;
    let body = vec![b'x'; 200_000];
    for (first, field, status) in EARLY {
        // The answer first, then the body.
        let mut wire = Wire::to(app.address).await;
        wire.send(head(&app, first, field, body.len())).await;
        let (answer, _) = wire.answer().await;
        assert_eq!(answer.status, status, "{first}");
        assert_eq!(answer.header("connection"), Some("close"), "{first}");
        for part in body.chunks(50_000) {
            wire.send(part).await;
        }
        wire.finish().await;
        assert!(wire.ends(Duration::from_secs(1)).await, "{first}");

        // The body first, after a pause in which the answer arrived; then the answer.
        let mut wire = Wire::to(app.address).await;
        wire.send(head(&app, first, field, body.len())).await;
        let answer = wire.head().await;
        wire.send(&body).await;
        assert_eq!(answer.status, status, "{first}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_body_that_has_arrived_does_not_cost_the_connection() {
    let app = spawn_app(Backend::Sqlite).await;
    for (first, field, status) in EARLY {
        let mut wire = Wire::to(app.address).await;
        for _ in 0..3 {
            wire.send(head(&app, first, field, 2) + "{}").await;
            let (answer, _) = wire.answer().await;
            assert_eq!(answer.status, status, "{first}");
            assert_eq!(answer.header("connection"), None, "{first}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_announced_as_too_large_is_refused_before_it_comes() {
    let app = spawn_app(Backend::Sqlite).await;
    let mut wire = Wire::to(app.address).await;
    let first = "POST /api/v1/auth/login";
    let field = "content-type: application/json";
    wire.send(head(&app, first, field, 4 << 20)).await;
    let (answer, _) = wire.answer().await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.header("connection"), Some("close"));
    // It may come all the same.
    wire.send(vec![b' '; 4 << 20]).await;
    wire.finish().await;
    assert!(wire.ends(Duration::from_secs(5)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_turns_out_too_large_on_its_way_is_refused() {
    let app = spawn_app(Backend::Sqlite).await;
    let mut wire = Wire::to(app.address).await;
    wire.send(format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n",
        app.address
    ))
    .await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..6 {
        wire.send(&chunk).await;
    }
    let (answer, body) = wire.answer().await;
    assert_eq!(answer.status, 413, "{body}");
    assert!(body.contains("/problems/too-large"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_before_sending_a_body_is_told_to_go_on_or_not() {
    let app = spawn_app(Backend::Sqlite).await;
    let expect = "content-type: application/json\r\nexpect: 100-continue";
    let mut wire = Wire::to(app.address).await;
    wire.send(head(&app, "POST /api/v1/competitions", expect, 2))
        .await;
    let answer = wire.head().await;
    assert_eq!(answer.status, 401, "no 100 for what is refused");
    assert_eq!(answer.header("connection"), Some("close"));

    let mut wire = Wire::to(app.address).await;
    wire.send(head(&app, "POST /api/v1/auth/login", expect, 2))
        .await;
    assert_eq!(wire.head().await.status, 100);
    wire.send("{}").await;
    let (answer, _) = wire.answer().await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.header("connection"), None);
}

/// Twelve bytes in a form, and as many in JSON that is escaped to ASCII.
const WIDE: &str = "\u{1f600}";

async fn twenty_thousand_characters_of_four_bytes_fit_into_a_description(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let longest = |count: usize| WIDE.repeat(count);
    let browser = logged_in(&app, &organizer.email).await;
    let form = browser.get("/organize/new").await;
    let form = form
        .form("[data-testid=competition-form]")
        .fill("title", &longest(120))
        .fill("description", &longest(20_000))
        .fill("location", &longest(200))
        .fill("capacity", "40")
        .fill("regDeadline", "2030-03-01T18:00")
        .fill("startsAt", "2030-03-02T09:00");
    let page = browser.submit(&form).await;
    assert_eq!(page.status, 200, "{}", page.url);
    assert_eq!(
        page.find("h1").as_deref(),
        Some(&*longest(120)),
        "{}",
        page.url
    );

    let mut input = serde_json::to_value(app.input(5, false)).unwrap();
    input["title"] = longest(120).into();
    input["description"] = longest(20_000).into();
    input["location"] = longest(200).into();
    input["tags"] = (0..10)
        .map(|n| format!("{n}{}", longest(29)))
        .collect::<Vec<_>>()
        .into();
    let escaped: String = input
        .to_string()
        .chars()
        .map(|c| match c {
            c if c.is_ascii() => c.to_string(),
            c => {
                let mut pair = [0; 2];
                let units = c.encode_utf16(&mut pair).iter();
                units.map(|unit| format!("\\u{unit:04x}")).collect()
            }
        })
        .collect();
    let token = app.token((&organizer).into()).await;
    let client = app.client().with_token(token);
    let request = client
        .request(Method::POST, "/api/v1/competitions")
        .header("content-type", "application/json")
        .body(escaped);
    let reply = client.send(request).await;
    assert_eq!(reply.status, 201, "{:.500}", reply.text);
    assert_eq!(reply.json()["description"], longest(20_000));
}

async fn a_form_that_is_too_large_is_refused_on_a_page_like_the_others(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let browser = logged_in(&app, &organizer.email).await;
    let form = browser.get("/organize/new").await;
    let form = form
        .form("[data-testid=competition-form]")
        .fill("description", &"x".repeat(400_000));
    let request = browser
        .request(Method::POST, &form.action)
        .header("origin", format!("http://{}", app.address))
        .header("accept", "text/html,application/xhtml+xml")
        .form(&form.fields);
    let page = browser.send(request).await;
    assert_eq!(page.status, 413);
    assert_eq!(page.find("h1").as_deref(), Some("That is too long"));
    let words = page.find("[role=alert]").unwrap();
    assert!(words.contains("Go back"), "{words}");
    assert!(page.find(".site-header").is_some(), "{}", page.text);
    assert!(page.text.contains("rel=\"stylesheet\""), "{}", page.text);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("'nonce-"), "{policy}");
}

async fn logged_in(app: &App, email: &str) -> Client {
    let browser = app.client();
    let form = browser.get("/login").await.form("[data-testid=login-form]");
    let form = form.fill("email", email).fill("password", PASSWORD);
    assert_eq!(browser.submit(&form).await.status, 200);
    browser
}
