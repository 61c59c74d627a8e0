//! What becomes of bodies that nobody reads, that do not come, and that are too large.

use std::time::Duration;

use crate::harness::{App, Backend, Wire, spawn_app};

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
