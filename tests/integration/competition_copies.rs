//! Copies of competitions: drafts of the one who asks for them, ahead of now.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, Role},
};
use reqwest::{Method, header};
use serde_json::json;

use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_copy_is_a_draft_with_the_same_content_and_a_title_in_the_language_of_the_request,
    a_copy_of_a_past_competition_lies_ahead_on_the_same_day_of_the_week,
    only_who_manages_a_competition_copies_it,
);

async fn a_copy_is_a_draft_with_the_same_content_and_a_title_in_the_language_of_the_request(
    app: App,
) {
    let competition = app.competition(5, true).await;
    let participants = app.participants(2).await;
    app.register_all(&participants, competition.id).await;
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let client = app.client().with_token(app.token(organizer).await);
    let path = format!("/api/v1/competitions/{}/duplicate", competition.id);
    let request = client
        .request(Method::POST, &path)
        .header(header::ACCEPT_LANGUAGE, "de");
    let made = client.send(request).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let copy = made.json();
    assert_eq!(copy["title"], "Kopie von Spring Sprint");
    assert_eq!(copy["status"], "DRAFT");
    assert_eq!(
        (&copy["capacity"], &copy["seatsLeft"]),
        (&json!(5), &json!(5))
    );
    assert_eq!(copy["startsAt"], json!(competition.starts_at));
    let own = format!("/api/v1/competitions/{}", copy["id"].as_str().unwrap());
    assert_eq!(made.header("location"), Some(own.as_str()));
    assert_eq!(client.get(&own).await.status, 200);
    assert_eq!(app.client().get(&own).await.status, 404, "a draft");
}

async fn a_copy_of_a_past_competition_lies_ahead_on_the_same_day_of_the_week(app: App) {
    let competition = app.competition(5, true).await;
    app.clock.advance(TimeDelta::days(400));
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let competitions = &app.services.competitions;
    let copy = competitions
        .duplicate(organizer, competition.id)
        .await
        .unwrap();
    assert_eq!(copy.status, CompetitionStatus::Draft);
    assert!(copy.reg_deadline > app.clock.now());
    let moved = copy.starts_at - competition.starts_at;
    assert_eq!(moved.num_seconds() % TimeDelta::weeks(1).num_seconds(), 0);
    assert_eq!(moved, copy.reg_deadline - competition.reg_deadline);
}

async fn only_who_manages_a_competition_copies_it(app: App) {
    let [competition, other] = [
        app.competition(5, true).await,
        app.competition(5, true).await,
    ];
    let path = format!("/api/v1/competitions/{}/duplicate", competition.id);
    let participant = app.participants(1).await[0];
    for (actor, status) in [
        (participant, 403),
        (Actor::new(other.organizer_id, Role::Organizer), 403),
    ] {
        let client = app.client().with_token(app.token(actor).await);
        assert_eq!(client.post_json(&path, &json!({})).await.status, status);
    }
    assert_eq!(app.client().post_json(&path, &json!({})).await.status, 401);
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let client = app.client().with_token(app.token(organizer).await);
    let unknown = format!("/api/v1/competitions/{}/duplicate", uuid::Uuid::now_v7());
    assert_eq!(client.post_json(&unknown, &json!({})).await.status, 404);
    let odd = client.post_json(&path, &json!({ "title": "Mine" })).await;
    assert_eq!(odd.status, 422, "the body is empty");
}
