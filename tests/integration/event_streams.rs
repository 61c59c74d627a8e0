//! Event streams of drafts and of deleted competitions. Their limits are tested in `connections.rs`.

use std::time::Duration;

use mini_compete::{
    domain::Actor,
    model::{CompetitionId, CompetitionStatus, Role, forms::CompetitionPatch},
};
use reqwest::Method;

use crate::{
    harness::{App, Client, Clients, RawConnection, draft_of, set_role},
    on_both_backends,
};

on_both_backends!(
    the_event_stream_of_a_draft_is_for_its_organizer,
    the_event_stream_of_a_draft_ends_when_its_organizer_loses_the_role,
    the_event_stream_of_a_deleted_competition_reports_the_deletion_and_ends,
    a_connection_serves_further_requests_after_an_event_stream,
    the_end_of_an_event_stream_closes_the_connections_that_asked_for_it,
    a_request_for_the_head_of_an_event_stream_gets_no_body,
);

/// An open event stream of a competition.
pub struct EventStream(reqwest::Response);

impl EventStream {
    /// Opens a stream, or returns the status with which it is refused.
    pub async fn open(client: &Client, competition: CompetitionId) -> Result<Self, u16> {
        let path = format!("/api/v1/competitions/{competition}/events");
        let response = client.request(Method::GET, &path).send().await.unwrap();
        match response.status().as_u16() {
            200 => Ok(Self(response)),
            status => Err(status),
        }
    }

    /// Reads the next event. Returns `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            let chunk = tokio::time::timeout(Duration::from_secs(40), self.0.chunk());
            let chunk = chunk.await.expect("an event in time").unwrap()?;
            let text = String::from_utf8(chunk.to_vec()).unwrap();
            if !text.starts_with(':') {
                return Some(text);
            }
        }
    }
}

async fn the_event_stream_of_a_draft_is_for_its_organizer(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let admin = app.account("Ada", Role::Admin).await;
    let others = [
        app.account("Oleg", Role::Organizer).await,
        app.account("Grace", Role::Participant).await,
    ];
    let draft = draft_of(&app, &olga).await;
    for account in [&olga, &admin] {
        let clients = Clients::log_in(&app, account).await;
        for client in [&clients.api, &clients.browser] {
            let mut stream = EventStream::open(client, draft.id)
                .await
                .unwrap_or_else(|s| panic!("{s}"));
            assert!(stream.next().await.unwrap().contains("\"seatsLeft\":10"));
        }
    }
    // The stream is not shared with others while the organizer has it open.
    let clients = Clients::log_in(&app, &olga).await;
    let mut organizers_stream = EventStream::open(&clients.browser, draft.id)
        .await
        .unwrap_or_else(|s| panic!("{s}"));
    organizers_stream.next().await.unwrap();
    assert_eq!(
        EventStream::open(&app.client(), draft.id).await.err(),
        Some(404)
    );
    for account in &others {
        let clients = Clients::log_in(&app, account).await;
        for client in [&clients.api, &clients.browser] {
            assert_eq!(EventStream::open(client, draft.id).await.err(), Some(404));
        }
    }
    // The organizer receives changes, and everybody can open the stream once the competition is published.
    let edit = async |patch: CompetitionPatch| {
        let competitions = &app.services.competitions;
        competitions
            .edit(Actor::from(&olga), draft.id, patch, None)
            .await
            .unwrap();
    };
    let capacity = CompetitionPatch {
        capacity: Some(12),
        ..CompetitionPatch::default()
    };
    edit(capacity).await;
    assert!(
        organizers_stream
            .next()
            .await
            .unwrap()
            .contains("\"capacity\":12")
    );
    edit(CompetitionPatch::status(CompetitionStatus::Published)).await;
    let mut public_stream = EventStream::open(&app.client(), draft.id)
        .await
        .unwrap_or_else(|s| panic!("{s}"));
    assert!(
        public_stream
            .next()
            .await
            .unwrap()
            .contains("\"capacity\":12")
    );
    app.register_all(&app.participants(1).await, draft.id).await;
    for stream in [&mut organizers_stream, &mut public_stream] {
        // The publication may be an event of its own.
        let mut event = stream.next().await.unwrap();
        while event.contains("\"seatsLeft\":12") {
            event = stream.next().await.unwrap();
        }
        assert!(event.contains("\"seatsLeft\":11"), "{event}");
    }
}

async fn the_event_stream_of_a_draft_ends_when_its_organizer_loses_the_role(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let draft = draft_of(&app, &olga).await;
    let clients = Clients::log_in(&app, &olga).await;
    let mut stream = EventStream::open(&clients.api, draft.id)
        .await
        .unwrap_or_else(|s| panic!("{s}"));
    stream.next().await.unwrap();
    set_role(&app, &olga, Role::Participant).await;
    let admin = app.account("Ada", Role::Admin).await;
    let edit = CompetitionPatch {
        capacity: Some(99),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(Actor::from(&admin), draft.id, edit, None)
        .await
        .unwrap();
    assert_eq!(
        stream.next().await,
        None,
        "the stream ends instead of sending the change"
    );
    assert_eq!(
        EventStream::open(&clients.api, draft.id).await.err(),
        Some(404)
    );
}

async fn the_event_stream_of_a_deleted_competition_reports_the_deletion_and_ends(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let (published, draft) = (
        app.competition_of(&olga, 10, false).await,
        draft_of(&app, &olga).await,
    );
    let clients = Clients::log_in(&app, &olga).await;
    for competition in [published.id, draft.id] {
        let mut stream = EventStream::open(&clients.api, competition)
            .await
            .unwrap_or_else(|s| panic!("{s}"));
        stream.next().await.unwrap();
        let competitions = &app.services.competitions;
        competitions
            .delete(Actor::from(&olga), competition, None)
            .await
            .unwrap();
        let last = stream.next().await.unwrap();
        assert!(last.starts_with("event: deleted\n"), "{last}");
        assert_eq!(stream.next().await, None);
        assert_eq!(
            EventStream::open(&clients.api, competition).await.err(),
            Some(404)
        );
    }
}

/// Sends a request for the event stream of a competition. `version` and `fields` are parts of its head.
async fn request_stream(
    app: &App,
    method: &str,
    competition: CompetitionId,
    version: &str,
    fields: &str,
) -> RawConnection {
    let mut connection = RawConnection::connect(app.address).await;
    let path = format!("/api/v1/competitions/{competition}/events");
    let head = format!("{method} {path} HTTP/{version}\r\nhost: a\r\n{fields}\r\n");
    connection.send(head).await;
    connection
}

/// A published competition, and the organizer who deletes it.
async fn competition_to_delete(app: &App) -> (CompetitionId, Actor) {
    let olga = app.account("Olga", Role::Organizer).await;
    (
        app.competition_of(&olga, 10, false).await.id,
        Actor::from(&olga),
    )
}

async fn a_connection_serves_further_requests_after_an_event_stream(app: App) {
    let (competition, organizer) = competition_to_delete(&app).await;
    let mut connection = request_stream(&app, "GET", competition, "1.1", "").await;
    let head = connection.read_head().await;
    assert_eq!(head.status, 200);
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    assert_eq!(head.header("connection"), None);
    // Sent while the stream is open, in two parts.
    connection.send("GET /healthz HTTP/1.1\r\nhost: ").await;
    let competitions = &app.services.competitions;
    competitions
        .delete(organizer, competition, None)
        .await
        .unwrap();
    let body = connection.read_chunks().await;
    assert!(body.contains("\"seatsLeft\":10"), "{body}");
    assert!(body.ends_with("event: deleted\ndata: {}\n\n"), "{body}");
    connection.send("a\r\n\r\n").await;
    assert_eq!(connection.read_response().await.0.status, 200);
    connection
        .send("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
        .await;
    assert_eq!(connection.read_response().await.0.status, 200);
}

async fn the_end_of_an_event_stream_closes_the_connections_that_asked_for_it(app: App) {
    let (competition, organizer) = competition_to_delete(&app).await;
    let mut old = request_stream(&app, "GET", competition, "1.0", "").await;
    let head = old.read_head().await;
    assert_eq!((head.status, head.header("transfer-encoding")), (200, None));
    let close = "connection: close\r\n";
    let mut closing = request_stream(&app, "GET", competition, "1.1", close).await;
    let head = closing.read_head().await;
    assert_eq!(
        (head.status, head.header("transfer-encoding")),
        (200, Some("chunked"))
    );
    let competitions = &app.services.competitions;
    competitions
        .delete(organizer, competition, None)
        .await
        .unwrap();
    let body = old.read_rest().await;
    assert!(body.starts_with("retry: "), "without chunks: {body}");
    assert!(body.ends_with("event: deleted\ndata: {}\n\n"), "{body}");
    let body = closing.read_chunks().await;
    assert!(body.ends_with("event: deleted\ndata: {}\n\n"), "{body}");
    assert_eq!(closing.read_rest().await, "");
}

async fn a_request_for_the_head_of_an_event_stream_gets_no_body(app: App) {
    let (competition, _) = competition_to_delete(&app).await;
    let mut connection = request_stream(&app, "HEAD", competition, "1.1", "").await;
    assert_eq!(connection.read_head().await.status, 200);
    connection
        .send("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
        .await;
    assert_eq!(connection.read_response().await.0.status, 200);
}
