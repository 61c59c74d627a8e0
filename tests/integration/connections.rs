//! Very many connections, slow ones, and ones that outlive the shutdown signal: the next person is
//! served, and the process ends in time.

use std::time::{Duration, Instant};

use futures::StreamExt;
use mini_compete::{
    domain::Actor,
    model::{CompetitionId, Role},
    ops::{Clock, open_files},
    store::Database,
};

use crate::harness::{
    Backend, Place, Wire, eventually,
    process::{Server, token, tokens},
    spawn_app_by, until,
};

/// How long the next person may have to wait, on a busy machine.
const PROMPT: Duration = Duration::from_secs(5);
/// How long the shutdown signal leaves.
const GRACE: Duration = Duration::from_secs(25);

/// Somebody from an address of their own gets a page and an answer of the API.
async fn assert_served(x: u8, server: &Server) {
    let begun = Instant::now();
    for path in ["/", "/api/v1/competitions"] {
        let mut wire = Wire::from(x, server.address).await;
        wire.send(request(server, path)).await;
        assert_eq!(wire.head().await.status, 200, "{path}");
    }
    let waited = begun.elapsed();
    assert!(waited < PROMPT, "served after {waited:?}");
}

fn request(server: &Server, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", server.address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_or_says_it_slowly_keeps_nobody_out_and_is_closed() {
    open_files::raise_limit().unwrap();
    let place = Place::fresh(Backend::Sqlite).await;
    let settings = [("RATE_LIMIT", "on"), ("MAX_CONNECTIONS", "3000")];
    let server = Server::start(&place, &settings).await;
    let mut silent = Vec::new();
    for _ in 0..2_000 {
        silent.push(Wire::from(2, server.address).await);
    }
    let mut slow_heads = Vec::new();
    for _ in 0..1_000 {
        let mut wire = Wire::from(3, server.address).await;
        wire.send("GET / HTTP/1.1\r\nhost: a\r\nx-slow: ").await;
        slow_heads.push(wire);
    }
    let mut slow_bodies = Vec::new();
    for _ in 0..500 {
        let mut wire = Wire::from(4, server.address).await;
        wire.send(
            "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
             content-length: 100\r\n\r\n{",
        )
        .await;
        slow_bodies.push(wire);
    }
    // There are as many as there may be, and one more comes.
    assert_served(9, &server).await;

    // Drops that keep coming do not keep a head alive.
    let mut dripping = slow_heads.pop().unwrap();
    let closed = async {
        while dripping.try_send("x").await.is_ok() {
            if dripping.ends(Duration::from_millis(500)).await {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed)
        .await
        .expect("a slow head is closed");
    let mut last = silent.pop().unwrap();
    assert!(
        last.ends(Duration::from_secs(20)).await,
        "a silent one is closed"
    );
    let (answer, body) = slow_bodies.pop().unwrap().answer().await;
    assert_eq!(answer.status, 408, "{body}");
    assert_eq!(answer.header("connection"), Some("close"));
    assert_served(9, &server).await;
    let log = server.log();
    assert!(
        !log.contains("ERROR"),
        "nobody here is at fault: {log:.4000}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_system_has_no_more_files_those_who_wait_make_room() {
    let place = Place::fresh(Backend::Sqlite).await;
    let server = Server::start(&place, &[("RATE_LIMIT", "on")]).await;
    server.limit_files(80);
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(Wire::from(2, server.address).await);
    }
    assert_served(9, &server).await;
    let log = server.log();
    let told = log.matches("Could not accept").count();
    assert!((1..=2).contains(&told), "{told} lines: {log:.4000}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_has_as_many_connections_as_may_be_and_others_are_served() {
    let place = Place::fresh(Backend::Sqlite).await;
    let settings = [("RATE_LIMIT", "on"), ("MAX_CONNECTIONS_PER_ADDRESS", "3")];
    let server = Server::start(&place, &settings).await;
    let slow_body = "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\n\
                     content-type: application/json\r\ncontent-length: 100\r\n\
                     expect: 100-continue\r\n\r\n";
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut wire = Wire::from(2, server.address).await;
        wire.send(slow_body).await;
        assert_eq!(wire.head().await.status, 100, "it is in hand");
        busy.push(wire);
    }
    // Those that wait make room for the next one of their address.
    let mut waiting = Wire::from(2, server.address).await;
    waiting.send(request(&server, "/healthz")).await;
    assert_eq!(waiting.answer().await.0.status, 200);
    // The server notes that a connection waits just after its response was sent.
    let _next = eventually("a waiting connection makes room", PROMPT, || async {
        let mut next = Wire::from(2, server.address).await;
        next.send(slow_body).await;
        (next.head().await.status == 100).then_some(next)
    })
    .await;
    assert!(waiting.ends(PROMPT).await, "it made room");
    // All that are left work; and that is told.
    let mut refused = Wire::from(2, server.address).await;
    refused.send(request(&server, "/healthz")).await;
    let (answer, body) = refused.answer().await;
    assert_eq!(answer.status, 429, "{body}");
    assert!(answer.header("retry-after").is_some());
    assert!(body.contains("/problems/too-many-requests"), "{body}");
    assert!(refused.ends(PROMPT).await);
    assert_served(9, &server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_comes_back_within_a_minute_finds_its_connection() {
    let place = Place::fresh(Backend::Sqlite).await;
    let server = Server::start(&place, &[]).await;
    let mut wire = Wire::to(server.address).await;
    wire.send(request(&server, "/healthz")).await;
    assert_eq!(wire.answer().await.0.status, 200);
    // Longer than the head of a request may take.
    assert!(!wire.ends(Duration::from_secs(11)).await);
    wire.send(request(&server, "/healthz")).await;
    assert_eq!(wire.answer().await.0.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_with_nothing_in_hand_do_not_hold_up_the_end() {
    let place = Place::fresh(Backend::Sqlite).await;
    let mut server = Server::start(&place, &[]).await;
    let silent = Wire::to(server.address).await;
    let mut idle = Wire::to(server.address).await;
    idle.send(request(&server, "/healthz")).await;
    assert_eq!(idle.answer().await.0.status, 200);
    let mut half_a_head = Wire::to(server.address).await;
    half_a_head.send("GET / HTTP/1.1\r\nhost: a\r\nx-").await;
    let mut half_a_second_head = Wire::to(server.address).await;
    half_a_second_head
        .send(request(&server, "/healthz") + "GET / HT")
        .await;
    assert_eq!(half_a_second_head.answer().await.0.status, 200);
    let begun = Instant::now();
    let ended = server.terminate().await;
    assert!(ended.success(), "{ended}");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(8), "it took {took:?}");
    drop((silent, idle, half_a_head, half_a_second_head));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_body_is_408_and_the_process_ends_well() {
    let place = Place::fresh(Backend::Sqlite).await;
    let mut server = Server::start(&place, &[]).await;
    let mut wire = Wire::to(server.address).await;
    wire.send(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: 100\r\n\r\n",
    )
    .await;
    assert_eq!(wire.head().await.status, 100);
    wire.send("{\"email\"").await;
    let begun = Instant::now();
    let (ended, (answer, body)) = tokio::join!(server.terminate(), wire.answer());
    assert!(ended.success(), "{ended}");
    assert!(begun.elapsed() < GRACE, "{:?}", begun.elapsed());
    assert_eq!(answer.status, 408, "{body}");
    assert!(body.contains("/problems/timeout"), "{body}");
    let log = server.log();
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_stopped_reading_do_not_hold_up_the_end() {
    let place = Place::fresh(Backend::Sqlite).await;
    let app = spawn_app_by(Clock::system(), place, &[]).await;
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 100_000, false).await.id;
    app.seat_in_bulk(competition, 60_000).await;
    let place = app.shut_down().await;
    let mut server = Server::start(&place, &[]).await;
    let database = Database::connect(&place.database_url.parse().unwrap(), 2)
        .await
        .unwrap();
    let token = token(&tokens(&database), Actor::from(&organizer));
    let mut list = Wire::narrow(server.address).await;
    list.send(format!(
        "GET /api/v1/competitions/{competition}/registrations HTTP/1.1\r\nhost: a\r\n\
         accept: text/csv\r\nauthorization: Bearer {token}\r\n\r\n"
    ))
    .await;
    assert_eq!(list.head().await.status, 200);
    let mut events = Wire::narrow(server.address).await;
    let path = format!("/api/v1/competitions/{competition}/events");
    events.send(request(&server, &path)).await;
    assert_eq!(events.head().await.status, 200);

    let begun = Instant::now();
    let ended = server.terminate().await;
    assert!(ended.success(), "{ended}: {}", server.log());
    assert!(begun.elapsed() < GRACE, "{:?}", begun.elapsed());
    assert!(events.ends(PROMPT).await, "the stream ended in order");
    drop(list);
}

/// A place with a competition that one can listen to, and who made it.
async fn place_with_a_competition() -> (Place, CompetitionId, Actor) {
    let place = Place::fresh(Backend::Sqlite).await;
    let app = spawn_app_by(Clock::system(), place, &[]).await;
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await.id;
    (app.shut_down().await, competition, Actor::from(&organizer))
}

/// Asks for the event stream from `127.0.0.x`, and gives the connection and the answer's status.
async fn listen(
    x: u8,
    server: &Server,
    competition: CompetitionId,
    token: Option<&str>,
) -> std::io::Result<(Wire, u16)> {
    let mut wire = Wire::try_from(x, server.address).await?;
    let bearer = token.map_or_else(String::new, |token| {
        format!("authorization: Bearer {token}\r\n")
    });
    let request = format!(
        "GET /api/v1/competitions/{competition}/events HTTP/1.1\r\nhost: a\r\n{bearer}\r\n"
    );
    wire.try_send(request).await?;
    let head = wire.try_head().await?;
    if head.status != 200 {
        assert!(matches!(head.status, 429 | 503), "{}", head.status);
        assert!(head.header("retry-after").is_some());
    }
    Ok((wire, head.status))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_stream_opens_keep_nobody_out() {
    open_files::raise_limit().unwrap();
    let (place, competition, _) = place_with_a_competition().await;
    let settings = [
        ("RATE_LIMIT", "on"),
        ("MAX_STREAMS_PER_ADDRESS", "500"),
        ("RUST_LOG", "warn"),
    ];
    let server = Server::start(&place, &settings).await;
    let server = &server;
    let asking = futures::stream::iter(0..20_000_u32).map(|n| async move {
        let x = if n % 2 == 0 { 2 } else { 3 };
        let (wire, status) = listen(x, server, competition, None).await.ok()?;
        (status == 200).then_some(wire)
    });
    let open: Vec<Wire> = asking
        .buffer_unordered(100)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert_eq!(open.len(), 1_000, "500 to each of two addresses");
    assert_served(9, server).await;
    let (_wire, status) = listen(9, server, competition, None).await.unwrap();
    assert_eq!(status, 200, "others may listen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_listens_as_often_as_may_be_wherever_it_is() {
    let (place, competition, organizer) = place_with_a_competition().await;
    let settings = [("RATE_LIMIT", "on"), ("MAX_STREAMS_PER_ACCOUNT", "2")];
    let server = Server::start(&place, &settings).await;
    let database = Database::connect(&place.database_url.parse().unwrap(), 2)
        .await
        .unwrap();
    let token = token(&tokens(&database), organizer);
    let listen = async |x, token| listen(x, &server, competition, token).await.unwrap();
    let first = listen(2, Some(&*token)).await;
    let second = listen(3, Some(&*token)).await;
    assert_eq!((first.1, second.1), (200, 200));
    assert_eq!(listen(4, Some(&*token)).await.1, 429);
    assert_eq!(listen(4, None).await.1, 200, "others are not concerned");
    drop(first);
    until("a stream that ended makes room", || async {
        listen(4, Some(&*token)).await.1 == 200
    })
    .await;
}
