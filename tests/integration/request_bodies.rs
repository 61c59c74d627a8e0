//! Request bodies that the application does not read, that do not arrive, or that are too large.

use std::time::Duration;

use mini_compete::model::Role;
use reqwest::Method;

use crate::{
    harness::{App, Backend, Client, PASSWORD, RawConnection, spawn_app},
    on_both_backends,
};

on_both_backends!(
    a_description_can_have_20_000_characters_of_four_bytes,
    a_too_large_form_gets_an_error_page_with_the_usual_layout,
);

/// Requests that are refused before the body is read: the request line, a header field, and the status.
const REFUSED_EARLY: [(&str, &str, u16); 6] = [
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

/// Returns the head of a request.
fn head(app: &App, line: &str, field: &str, length: usize) -> String {
    format!(
        "{line} HTTP/1.1\r\nhost: {}\r\n{field}\r\ncontent-length: {length}\r\n\r\n",
        app.address
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_refused_early_can_send_its_body_and_read_the_response() {
    let app = spawn_app(Backend::Sqlite).await;
    let body = vec![b'x'; 200_000];
    for (line, field, status) in REFUSED_EARLY {
        // The client reads the response first, and then sends the body.
        let mut connection = RawConnection::connect(app.address).await;
        connection.send(head(&app, line, field, body.len())).await;
        let (response, _) = connection.read_response().await;
        assert_eq!(response.status, status, "{line}");
        assert_eq!(response.header("connection"), Some("close"), "{line}");
        for part in body.chunks(50_000) {
            connection.send(part).await;
        }
        connection.finish_sending().await;
        assert!(
            connection.closes_within(Duration::from_secs(1)).await,
            "{line}"
        );

        // The client sends the body after the response has arrived, and reads the response last.
        let mut connection = RawConnection::connect(app.address).await;
        connection.send(head(&app, line, field, body.len())).await;
        let response = connection.read_head().await;
        connection.send(&body).await;
        assert_eq!(response.status, status, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_stays_open_after_a_refused_body_that_has_arrived() {
    let app = spawn_app(Backend::Sqlite).await;
    for (line, field, status) in REFUSED_EARLY {
        let mut connection = RawConnection::connect(app.address).await;
        for _ in 0..3 {
            connection.send(head(&app, line, field, 2) + "{}").await;
            let (response, _) = connection.read_response().await;
            assert_eq!(response.status, status, "{line}");
            assert_eq!(response.header("connection"), None, "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_too_large_content_length_is_refused_before_the_body_arrives() {
    let app = spawn_app(Backend::Sqlite).await;
    let mut connection = RawConnection::connect(app.address).await;
    let line = "POST /api/v1/auth/login";
    let field = "content-type: application/json";
    connection.send(head(&app, line, field, 4 << 20)).await;
    let (response, _) = connection.read_response().await;
    assert_eq!(response.status, 413);
    assert_eq!(response.header("connection"), Some("close"));
    // The client may send the body nevertheless.
    connection.send(vec![b' '; 4 << 20]).await;
    connection.finish_sending().await;
    assert!(connection.closes_within(Duration::from_secs(5)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunked_body_that_becomes_too_large_is_refused() {
    let app = spawn_app(Backend::Sqlite).await;
    let mut connection = RawConnection::connect(app.address).await;
    connection
        .send(format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n",
            app.address
        ))
        .await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..6 {
        connection.send(&chunk).await;
    }
    let (response, body) = connection.read_response().await;
    assert_eq!(response.status, 413, "{body}");
    assert!(body.contains("/problems/too-large"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expect_100_continue_gets_100_or_the_final_status() {
    let app = spawn_app(Backend::Sqlite).await;
    let expect = "content-type: application/json\r\nexpect: 100-continue";
    let mut connection = RawConnection::connect(app.address).await;
    connection
        .send(head(&app, "POST /api/v1/competitions", expect, 2))
        .await;
    let response = connection.read_head().await;
    assert_eq!(response.status, 401, "no 100 for a refused request");
    assert_eq!(response.header("connection"), Some("close"));

    let mut connection = RawConnection::connect(app.address).await;
    connection
        .send(head(&app, "POST /api/v1/auth/login", expect, 2))
        .await;
    assert_eq!(connection.read_head().await.status, 100);
    connection.send("{}").await;
    let (response, _) = connection.read_response().await;
    assert_eq!(response.status, 422);
    assert_eq!(response.header("connection"), None);
}

/// A character that takes twelve bytes in a form, and as many in JSON that is escaped to ASCII.
const WIDE_CHARACTER: &str = "\u{1f600}";

async fn a_description_can_have_20_000_characters_of_four_bytes(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let longest = |count: usize| WIDE_CHARACTER.repeat(count);
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

    let mut input = serde_json::to_value(app.competition_input(5, false)).unwrap();
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

async fn a_too_large_form_gets_an_error_page_with_the_usual_layout(app: App) {
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
    let alert = page.find("[role=alert]").unwrap();
    assert!(alert.contains("Go back"), "{alert}");
    assert!(page.find(".site-header").is_some(), "{}", page.text);
    assert!(page.text.contains("rel=\"stylesheet\""), "{}", page.text);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("'sha256-"), "{policy}");
}

/// Returns a browser in which the account is logged in.
async fn logged_in(app: &App, email: &str) -> Client {
    let browser = app.client();
    let form = browser.get("/login").await.form("[data-testid=login-form]");
    let form = form.fill("email", email).fill("password", PASSWORD);
    assert_eq!(browser.submit(&form).await.status, 200);
    browser
}
