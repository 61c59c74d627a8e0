//! Announcements as organizers make them: on their page without JavaScript, and over the API.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionView, MessageKind, Role},
    store::entity::{announcement, user},
};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    an_organizer_reviews_sends_and_withdraws_on_a_page_without_javascript,
    the_api_says_how_far_an_announcement_is,
    strangers_and_other_organizers_neither_see_nor_make_announcements,
);

fn organizer(competition: &CompetitionView) -> Actor {
    Actor::new(competition.organizer_id, Role::Organizer)
}

async fn announced(app: &App) -> usize {
    app.messages(MessageKind::Announcement).await.len()
}

/// Returns a client that is logged in as the organizer of the competition.
async fn logged_in(app: &App, competition: &CompetitionView) -> Client {
    let client = app.client();
    let account = user::Entity::find_by_id(competition.organizer_id)
        .one(app.database().read())
        .await
        .unwrap()
        .unwrap();
    client.log_in(&account.email).await;
    client
}

async fn an_organizer_reviews_sends_and_withdraws_on_a_page_without_javascript(app: App) {
    let competition = app.competition(5, true).await;
    let participants = app.participants(3).await;
    app.register_all(&participants, competition.id).await;
    let client = logged_in(&app, &competition).await;
    let path = format!("/organize/{}/announce", competition.id);
    let typed = client
        .get(&path)
        .await
        .form("[data-testid=announcement-form]");
    let refused = client.submit(&typed.fill("subject", "Parking")).await;
    assert!(refused.find("#body-error").is_some(), "{}", refused.text);

    let typed = refused.form("[data-testid=announcement-form]");
    let typed = typed
        .fill("body", "Use gate 2.\n<script>")
        .fill("audience", "SEATED");
    let review = client.submit(&typed).await;
    let shown = review.find("[data-testid=announcement-review]").unwrap();
    assert!(shown.contains("Use gate 2.\n<script>"), "{shown}");
    assert!(!review.text.contains("Use gate 2.\n<script>"), "it is text");
    assert!(shown.contains("Send to 3 people"), "{shown}");
    assert_eq!(announced(&app).await, 0, "a review sends nothing");

    let send = review.form("[data-testid=announcement-review] form");
    let sent = client.submit(&send).await;
    assert!(sent.find("[role=status]").is_some());
    client.submit(&send).await;
    app.run_jobs_with_retries().await;
    assert_eq!(announced(&app).await, 3, "two presses are one announcement");
    let listed = client
        .get(&path)
        .await
        .find("[data-testid=announcements]")
        .unwrap();
    assert!(listed.contains("3 of 3 delivered"), "{listed}");

    let later = client
        .get(&path)
        .await
        .form("[data-testid=announcement-form]");
    let later = later.fill("subject", "Weather").fill("body", "Rain.").fill(
        "sendAt",
        &(app.clock.now() + TimeDelta::days(1))
            .format("%Y-%m-%dT%H:%M")
            .to_string(),
    );
    let review = client.submit(&later).await;
    client
        .submit(&review.form("[data-testid=announcement-review] form"))
        .await;
    let waiting = client.get(&path).await;
    client
        .submit(&waiting.form("[data-testid=announcements] form"))
        .await;
    let rows = announcement::Entity::find()
        .all(app.database().read())
        .await
        .unwrap();
    assert_eq!(
        rows.iter().filter(|row| row.withdrawn_at.is_some()).count(),
        1
    );
}

async fn the_api_says_how_far_an_announcement_is(app: App) {
    let competition = app.competition(2, true).await;
    let participants = app.participants(3).await;
    app.register_all(&participants, competition.id).await;
    let client = app
        .client()
        .with_token(app.token(organizer(&competition)).await);
    let path = format!("/api/v1/competitions/{}/announcements", competition.id);
    let body = json!({ "audience": "WAITLISTED", "subject": "Soon", "body": "A seat may open." });
    let made = client.post_json(&path, &body).await;
    assert_eq!(made.status, 202, "{}", made.text);
    assert_eq!(made.json()["total"], 1);
    app.run_jobs_with_retries().await;
    let listed = client.get(&path).await.json();
    let item = &listed["items"][0];
    assert_eq!(
        (&item["written"], &item["failed"], &item["audience"]),
        (&json!(1), &json!(0), &json!("WAITLISTED"))
    );
    for (wrong, field) in [
        (json!({ "subject": "", "body": "x" }), "subject"),
        (json!({ "subject": "x", "body": "x".repeat(5_001) }), "body"),
        (
            json!({ "subject": "x", "body": "y", "sendAt": "2001-01-01T00:00:00Z" }),
            "sendAt",
        ),
    ] {
        let refused = client.post_json(&path, &wrong).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert_eq!(refused.json()["errors"][0]["field"], field);
    }
    let id = item["id"].as_str().unwrap();
    let withdrawal = client.request(Method::DELETE, &format!("{path}/{id}"));
    let withdrawal = client.send(withdrawal).await;
    assert_eq!(withdrawal.status, 409);
    assert_eq!(withdrawal.problem(), "announcement-sent");
}

async fn strangers_and_other_organizers_neither_see_nor_make_announcements(app: App) {
    let competition = app.competition(2, true).await;
    let other = app.competition(2, true).await;
    let path = format!("/api/v1/competitions/{}/announcements", competition.id);
    let page = format!("/organize/{}/announce", competition.id);
    let body = json!({ "subject": "x", "body": "y" });
    let participant = app.participants(1).await[0];
    for (actor, status) in [
        (None, 401),
        (Some(participant), 403),
        (Some(organizer(&other)), 403),
    ] {
        let client = match actor {
            Some(actor) => app.client().with_token(app.token(actor).await),
            None => app.client(),
        };
        assert_eq!(client.get(&path).await.status, status);
        assert_eq!(client.post_json(&path, &body).await.status, status);
    }
    let client = logged_in(&app, &other).await;
    assert_eq!(client.get(&page).await.status, 403);
    assert_eq!(app.open_jobs().await, 0);
}
