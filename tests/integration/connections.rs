//! Many connections, slow connections, and connections that are open at shutdown: other clients are served, and
//! the process ends in time.

use std::time::{Duration, Instant};

use futures::StreamExt;
use mini_compete::{
    domain::Actor,
    model::{CompetitionId, Role},
    ops::{Clock, open_files},
    store::Database,
};

use crate::harness::{
    Backend, RawConnection, Storage, eventually,
    process::{Server, access_token, token_signer},
    spawn_app_with_clock, wait_until,
};

/// How long another client may have to wait on a busy machine.
const PROMPT: Duration = Duration::from_secs(5);
/// How long the process may run after the shutdown signal.
const GRACE: Duration = Duration::from_secs(25);

/// Asserts that a client with another address gets a page and a response of the API in time.
async fn assert_served(x: u8, server: &Server) {
    let start = Instant::now();
    for path in ["/", "/api/v1/competitions"] {
        let mut connection = RawConnection::connect_from(x, server.address).await;
        connection.send(request(server, path)).await;
        assert_eq!(connection.read_head().await.status, 200, "{path}");
    }
    let waited = start.elapsed();
    assert!(waited < PROMPT, "served after {waited:?}");
}

/// Returns a complete `GET` request.
fn request(server: &Server, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", server.address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_leave_while_their_pages_are_rendered_leave_no_trace() {
    let storage = Storage::create(Backend::Sqlite).await;
    let server = Server::start(&storage, &[]).await;
    for n in 0..400_u64 {
        let mut connection = RawConnection::connect(server.address).await;
        // Another address each time, so that the page is rendered.
        let address = format!("/competitions?search=word{n}");
        let request = format!("GET {address} HTTP/1.1\r\nhost: a\r\naccept: text/html\r\n\r\n");
        connection.send(request).await;
        let patience = Duration::from_micros(100 * n);
        let _left = tokio::time::timeout(patience, connection.try_read_head()).await;
    }
    assert_served(9, &server).await;
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_and_slow_connections_are_closed_and_block_no_other_client() {
    open_files::raise_limit().unwrap();
    let storage = Storage::create(Backend::Sqlite).await;
    let settings = [("RATE_LIMIT", "on"), ("MAX_CONNECTIONS", "3000")];
    let server = Server::start(&storage, &settings).await;
    let mut silent = Vec::new();
    for _ in 0..2_000 {
        silent.push(RawConnection::connect_from(2, server.address).await);
    }
    let mut slow_heads = Vec::new();
    for _ in 0..1_000 {
        let mut connection = RawConnection::connect_from(3, server.address).await;
        connection
            .send("GET / HTTP/1.1\r\nhost: a\r\nx-slow: ")
            .await;
        slow_heads.push(connection);
    }
    let mut slow_bodies = Vec::new();
    for _ in 0..500 {
        let mut connection = RawConnection::connect_from(4, server.address).await;
        connection
            .send(
                "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
             content-length: 100\r\n\r\n{",
            )
            .await;
        slow_bodies.push(connection);
    }
    // The limit of connections is reached, and another client connects.
    assert_served(9, &server).await;

    // Single bytes do not extend the time limit of a head.
    let mut dripping = slow_heads.pop().unwrap();
    let closed = async {
        while dripping.try_send("x").await.is_ok() {
            if dripping.closes_within(Duration::from_millis(500)).await {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed)
        .await
        .expect("a slow head is closed");
    let mut last = silent.pop().unwrap();
    assert!(
        last.closes_within(Duration::from_secs(20)).await,
        "a silent connection is closed"
    );
    let (response, body) = slow_bodies.pop().unwrap().read_response().await;
    assert_eq!(response.status, 408, "{body}");
    assert_eq!(response.header("connection"), Some("close"));
    assert_served(9, &server).await;
    let log = server.log();
    assert!(
        !log.contains("ERROR"),
        "slow clients are not an error: {log:.4000}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_are_closed_when_no_file_descriptor_is_free() {
    let storage = Storage::create(Backend::Sqlite).await;
    let server = Server::start(&storage, &[("RATE_LIMIT", "on")]).await;
    server.limit_open_files(80);
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(RawConnection::connect_from(2, server.address).await);
    }
    assert_served(9, &server).await;
    let log = server.log();
    let logged = log.matches("Could not accept").count();
    assert!((1..=2).contains(&logged), "{logged} lines: {log:.4000}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_limited_per_address_and_other_addresses_are_served() {
    let storage = Storage::create(Backend::Sqlite).await;
    let settings = [("RATE_LIMIT", "on"), ("MAX_CONNECTIONS_PER_ADDRESS", "3")];
    let server = Server::start(&storage, &settings).await;
    let slow_body = "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\n\
                     content-type: application/json\r\ncontent-length: 100\r\n\
                     expect: 100-continue\r\n\r\n";
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut connection = RawConnection::connect_from(2, server.address).await;
        connection.send(slow_body).await;
        assert_eq!(
            connection.read_head().await.status,
            100,
            "the request is being handled"
        );
        busy.push(connection);
    }
    // An idle connection is closed when its address opens another one.
    let mut idle = RawConnection::connect_from(2, server.address).await;
    idle.send(request(&server, "/healthz")).await;
    assert_eq!(idle.read_response().await.0.status, 200);
    // The server registers a connection as idle shortly after it has sent the response.
    let _next = eventually("an idle connection is closed", PROMPT, || async {
        let mut next = RawConnection::connect_from(2, server.address).await;
        next.send(slow_body).await;
        (next.read_head().await.status == 100).then_some(next)
    })
    .await;
    assert!(idle.closes_within(PROMPT).await);
    // All remaining connections are busy, so the next one is refused.
    let mut refused = RawConnection::connect_from(2, server.address).await;
    refused.send(request(&server, "/healthz")).await;
    let (response, body) = refused.read_response().await;
    assert_eq!(response.status, 429, "{body}");
    assert!(response.header("retry-after").is_some());
    assert!(body.contains("/problems/too-many-requests"), "{body}");
    assert!(refused.closes_within(PROMPT).await);
    assert_served(9, &server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_stays_open_for_the_next_request() {
    let storage = Storage::create(Backend::Sqlite).await;
    let server = Server::start(&storage, &[]).await;
    let mut connection = RawConnection::connect(server.address).await;
    connection.send(request(&server, "/healthz")).await;
    assert_eq!(connection.read_response().await.0.status, 200);
    // Longer than the time limit of a request head.
    assert!(!connection.closes_within(Duration::from_secs(11)).await);
    connection.send(request(&server, "/healthz")).await;
    assert_eq!(connection.read_response().await.0.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_without_a_complete_request_do_not_delay_shutdown() {
    let storage = Storage::create(Backend::Sqlite).await;
    let mut server = Server::start(&storage, &[]).await;
    let silent = RawConnection::connect(server.address).await;
    let mut idle = RawConnection::connect(server.address).await;
    idle.send(request(&server, "/healthz")).await;
    assert_eq!(idle.read_response().await.0.status, 200);
    let mut incomplete_head = RawConnection::connect(server.address).await;
    incomplete_head
        .send("GET / HTTP/1.1\r\nhost: a\r\nx-")
        .await;
    let mut incomplete_second_head = RawConnection::connect(server.address).await;
    incomplete_second_head
        .send(request(&server, "/healthz") + "GET / HT")
        .await;
    assert_eq!(incomplete_second_head.read_response().await.0.status, 200);
    let start = Instant::now();
    let status = server.terminate().await;
    assert!(status.success(), "{status}");
    let duration = start.elapsed();
    assert!(duration < Duration::from_secs(8), "{duration:?}");
    drop((silent, idle, incomplete_head, incomplete_second_head));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incomplete_body_gets_408_at_shutdown() {
    let storage = Storage::create(Backend::Sqlite).await;
    let mut server = Server::start(&storage, &[]).await;
    let mut connection = RawConnection::connect(server.address).await;
    connection
        .send(
            "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: 100\r\n\r\n",
        )
        .await;
    assert_eq!(connection.read_head().await.status, 100);
    connection.send("{\"email\"").await;
    let start = Instant::now();
    let (exit, (response, body)) = tokio::join!(server.terminate(), connection.read_response());
    assert!(exit.success(), "{exit}");
    assert!(start.elapsed() < GRACE, "{:?}", start.elapsed());
    assert_eq!(response.status, 408, "{body}");
    assert!(body.contains("/problems/timeout"), "{body}");
    let log = server.log();
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_stop_reading_do_not_delay_shutdown() {
    let storage = Storage::create(Backend::Sqlite).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 100_000, false).await.id;
    app.insert_confirmed_registrations(competition, 60_000)
        .await;
    let storage = app.shut_down().await;
    let mut server = Server::start(&storage, &[]).await;
    let database = Database::connect(&storage.database_url.parse().unwrap(), 2)
        .await
        .unwrap();
    let token = access_token(&token_signer(&database), Actor::from(&organizer));
    let mut download = RawConnection::connect_with_small_buffer(server.address).await;
    download
        .send(format!(
            "GET /api/v1/competitions/{competition}/registrations HTTP/1.1\r\nhost: a\r\n\
         accept: text/csv\r\nauthorization: Bearer {token}\r\n\r\n"
        ))
        .await;
    assert_eq!(download.read_head().await.status, 200);
    let mut events = RawConnection::connect_with_small_buffer(server.address).await;
    let path = format!("/api/v1/competitions/{competition}/events");
    events.send(request(&server, &path)).await;
    assert_eq!(events.read_head().await.status, 200);

    let start = Instant::now();
    let status = server.terminate().await;
    assert!(status.success(), "{status}: {}", server.log());
    assert!(start.elapsed() < GRACE, "{:?}", start.elapsed());
    assert!(
        events.closes_within(PROMPT).await,
        "the stream ends without an error"
    );
    drop(download);
}

/// Returns a storage with a published competition, and the organizer of the competition.
async fn storage_with_competition() -> (Storage, CompetitionId, Actor) {
    let storage = Storage::create(Backend::Sqlite).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await.id;
    (app.shut_down().await, competition, Actor::from(&organizer))
}

/// Requests the event stream from `127.0.0.x`, and returns the connection and the status of the response.
async fn open_event_stream(
    x: u8,
    server: &Server,
    competition: CompetitionId,
    token: Option<&str>,
) -> std::io::Result<(RawConnection, u16)> {
    let mut connection = RawConnection::try_connect_from(x, server.address).await?;
    let bearer = token.map_or_else(String::new, |token| {
        format!("authorization: Bearer {token}\r\n")
    });
    let request = format!(
        "GET /api/v1/competitions/{competition}/events HTTP/1.1\r\nhost: a\r\n{bearer}\r\n"
    );
    connection.try_send(request).await?;
    let head = connection.try_read_head().await?;
    if head.status != 200 {
        assert!(matches!(head.status, 429 | 503), "{}", head.status);
        assert!(head.header("retry-after").is_some());
    }
    Ok((connection, head.status))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_event_stream_requests_block_no_other_client() {
    open_files::raise_limit().unwrap();
    let (storage, competition, _) = storage_with_competition().await;
    let settings = [
        ("RATE_LIMIT", "on"),
        ("MAX_STREAMS_PER_ADDRESS", "500"),
        ("RUST_LOG", "warn"),
    ];
    let server = Server::start(&storage, &settings).await;
    let server = &server;
    let requests = futures::stream::iter(0..20_000_u32).map(|n| async move {
        let x = if n % 2 == 0 { 2 } else { 3 };
        let (connection, status) = open_event_stream(x, server, competition, None).await.ok()?;
        (status == 200).then_some(connection)
    });
    let open: Vec<RawConnection> = requests
        .buffer_unordered(100)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert_eq!(open.len(), 1_000, "500 for each of two addresses");
    assert_served(9, server).await;
    let (_wire, status) = open_event_stream(9, server, competition, None)
        .await
        .unwrap();
    assert_eq!(status, 200, "another address can open a stream");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_streams_are_limited_per_account_across_addresses() {
    let (storage, competition, organizer) = storage_with_competition().await;
    let settings = [("RATE_LIMIT", "on"), ("MAX_STREAMS_PER_ACCOUNT", "2")];
    let server = Server::start(&storage, &settings).await;
    let database = Database::connect(&storage.database_url.parse().unwrap(), 2)
        .await
        .unwrap();
    let token = access_token(&token_signer(&database), organizer);
    let open = async |x, token| {
        let opened = open_event_stream(x, &server, competition, token);
        opened.await.unwrap()
    };
    let first = open(2, Some(&*token)).await;
    let second = open(3, Some(&*token)).await;
    assert_eq!((first.1, second.1), (200, 200));
    assert_eq!(open(4, Some(&*token)).await.1, 429);
    assert_eq!(open(4, None).await.1, 200, "other clients are served");
    drop(first);
    wait_until(
        "another stream can be opened after one has ended",
        || async { open(4, Some(&*token)).await.1 == 200 },
    )
    .await;
}
