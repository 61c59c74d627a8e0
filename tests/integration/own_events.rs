//! The event stream of a person's own news: promotions, cancellations and messages reach an open page.

use std::time::Duration;

use mini_compete::{
    domain::Actor,
    model::{CompetitionId, IdempotencyKey, Role, forms::AnnouncementInput},
};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    a_promotion_reaches_the_open_page_of_the_one_who_waited,
    everyone_behind_a_seat_that_was_given_back_moves_up,
    a_message_and_its_reading_move_the_unread_count,
    a_stream_begins_with_the_registration_of_the_page_that_is_open,
    an_announcement_reaches_everyone_who_is_registered,
    news_of_others_and_strangers_are_not_told,
);

/// An open stream of the caller's own events.
struct OwnEvents {
    response: reqwest::Response,
    received: String,
}

impl OwnEvents {
    async fn open(client: &Client, query: &str) -> Self {
        let request = client.request(Method::GET, &format!("/api/v1/me/events{query}"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Self {
            response,
            received: String::new(),
        }
    }

    /// Waits for the next event of this name, and returns its data.
    async fn next(&mut self, name: &str) -> Value {
        let begin = format!("event: {name}\ndata: ");
        loop {
            if let Some(at) = self.received.find(&begin)
                && let Some(end) = self.received[at..].find("\n\n")
            {
                let data = self.received[at + begin.len()..at + end].to_owned();
                self.received.drain(..at + end);
                return serde_json::from_str(&data).unwrap();
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk());
            let chunk = chunk
                .await
                .unwrap_or_else(|_| panic!("no {name}: {}", self.received));
            let chunk = chunk.unwrap().expect("the stream stays open");
            self.received.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}

async fn client(app: &App, actor: Actor) -> Client {
    app.client().with_token(app.token(actor).await)
}

async fn register(app: &App, actor: Actor, competition: CompetitionId) -> Value {
    let client = client(app, actor).await;
    let key = IdempotencyKey::mint().to_string();
    let reply = client.register(competition, &key).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    reply.json()
}

async fn cancel(app: &App, actor: Actor, registration: &Value) {
    let id = registration["registrationId"].as_str().unwrap();
    let reply = client(app, actor).await.cancel(id).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
}

async fn a_promotion_reaches_the_open_page_of_the_one_who_waited(app: App) {
    let competition = app.competition(1, true).await.id;
    let participants = app.participants(2).await;
    let seat = register(&app, participants[0], competition).await;
    let waiting = register(&app, participants[1], competition).await;
    let mut page = OwnEvents::open(&client(&app, participants[1]).await, "").await;
    assert_eq!(page.next("unread").await["unread"], 0);
    cancel(&app, participants[0], &seat).await;
    let promoted = page.next("registration").await;
    assert_eq!(promoted["registrationId"], waiting["registrationId"]);
    assert_eq!(promoted["status"], "PENDING");
    app.run_open_jobs().await;
    let message = page.next("message").await;
    assert_eq!(message["competitionId"], competition.to_string());
}

async fn everyone_behind_a_seat_that_was_given_back_moves_up(app: App) {
    let competition = app.competition(1, true).await.id;
    let participants = app.participants(4).await;
    let mut registrations = Vec::new();
    for participant in &participants {
        registrations.push(register(&app, *participant, competition).await);
    }
    assert_eq!(registrations[3]["waitlistPosition"], 3);
    let mut page = OwnEvents::open(&client(&app, participants[3]).await, "").await;
    page.next("unread").await;
    for (left, position) in [(1, 2), (0, 1)] {
        cancel(&app, participants[left], &registrations[left]).await;
        let moved = page.next("registration").await;
        assert_eq!(moved["waitlistPosition"], position);
    }
}

async fn a_message_and_its_reading_move_the_unread_count(app: App) {
    let competition = app.competition(1, false).await.id;
    let participant = app.participants(1).await[0];
    let client = client(&app, participant).await;
    let mut page = OwnEvents::open(&client, "").await;
    assert_eq!(page.next("unread").await["unread"], 0);
    register(&app, participant, competition).await;
    assert_eq!(page.next("registration").await["status"], "PENDING");
    app.run_open_jobs().await;
    let message = page.next("message").await;
    assert_eq!(message["kind"], "CONFIRMATION");
    assert_eq!(page.next("unread").await["unread"], 1);
    let read = format!(
        "/api/v1/me/mailbox/{}/read",
        message["id"].as_str().unwrap()
    );
    client.send(client.request(Method::POST, &read)).await;
    assert_eq!(page.next("unread").await["unread"], 0);
}

async fn an_announcement_reaches_everyone_who_is_registered(app: App) {
    let competition = app.competition(1, true).await;
    let participants = app.participants(2).await;
    let mut pages = Vec::new();
    for participant in &participants {
        register(&app, *participant, competition.id).await;
        app.run_open_jobs().await;
        let mut page = OwnEvents::open(&client(&app, *participant).await, "").await;
        page.next("unread").await;
        pages.push(page);
    }
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let form = AnnouncementInput {
        subject: "Parking".to_owned(),
        body: "Use gate 2.".to_owned(),
        ..AnnouncementInput::default()
    };
    let announcements = &app.services.announcements;
    announcements
        .announce(organizer, competition.id, None, form)
        .await
        .unwrap();
    app.run_open_jobs().await;
    for page in &mut pages {
        assert_eq!(page.next("message").await["kind"], "ANNOUNCEMENT");
        assert_eq!(page.next("unread").await["unread"], 2);
    }
}

async fn a_stream_begins_with_the_registration_of_the_page_that_is_open(app: App) {
    let [here, elsewhere] = [
        app.competition(5, false).await.id,
        app.competition(5, false).await.id,
    ];
    let participant = app.participants(1).await[0];
    let registration = register(&app, participant, here).await;
    register(&app, participant, elsewhere).await;
    let client = client(&app, participant).await;
    let mut page = OwnEvents::open(&client, &format!("?competitionId={here}")).await;
    let first = page.next("registration").await;
    assert_eq!(first["registrationId"], registration["registrationId"]);
    page.next("unread").await;
}

async fn news_of_others_and_strangers_are_not_told(app: App) {
    let competition = app.competition(5, false).await.id;
    let participants = app.participants(2).await;
    let mut page = OwnEvents::open(&client(&app, participants[0]).await, "").await;
    page.next("unread").await;
    register(&app, participants[1], competition).await;
    app.run_open_jobs().await;
    // The own registration comes later, and is the first news.
    let own = register(&app, participants[0], competition).await;
    let first = page.next("registration").await;
    assert_eq!(first["registrationId"], own["registrationId"]);
    let stranger = app.client().get("/api/v1/me/events").await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
}
