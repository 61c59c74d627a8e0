//! The waitlist: true positions, strict order, promotion in the transaction that frees the seat.

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, RegistrationStatus, Role},
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    both,
    harness::{App, Client, Reply, TableSnapshot},
};

both!(
    positions_are_true_and_move_up,
    a_cancellation_promotes_the_head_and_no_registration_overtakes,
    a_greater_capacity_promotes_as_many_as_fit,
    a_capacity_below_the_taken_seats_is_refused,
    cancelling_twice_changes_nothing_for_others,
    a_participant_who_cancelled_may_register_again_at_the_end_of_the_waitlist,
    another_participants_registration_is_not_found,
    a_disabled_waitlist_is_still_promoted,
    no_registration_is_promoted_in_a_started_or_cancelled_competition,
);

/// Participants with their clients, and the organizer's client.
struct Scene {
    competition: CompetitionView,
    organizer: Client,
    people: Vec<(Actor, Client)>,
}

impl Scene {
    async fn new(app: &App, capacity: i64, people: usize) -> Self {
        let organizer = app.account("Organizer", Role::Organizer).await;
        let competition = app.competition_of(&organizer, capacity, true).await;
        let organizer = app.token(Actor::from(&organizer)).await;
        let mut clients = Vec::new();
        for person in app.people(people).await {
            let token = app.token(person).await;
            clients.push((person, app.client().with_token(token)));
        }
        Self {
            competition,
            organizer: app.client().with_token(organizer),
            people: clients,
        }
    }

    async fn register(&self, person: usize, key: &str) -> Reply {
        let (_, client) = &self.people[person];
        let reply = client.register(self.competition.id, key).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        reply
    }

    /// Registers every participant in order and returns the registrations.
    async fn register_all(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for person in 0..self.people.len() {
            ids.push(id(&self.register(person, "k").await));
        }
        ids
    }

    async fn cancel(&self, person: usize, id: &str) -> Reply {
        self.people[person].1.cancel(id).await
    }

    async fn change(&self, fields: serde_json::Value) -> Reply {
        let path = format!("/api/v1/competitions/{}", self.competition.id);
        let request = self.organizer.request(Method::PATCH, &path).json(&fields);
        self.organizer.send(request).await
    }

    /// Returns how each participant sees their registration: a seat, or a position from 1.
    async fn places(&self, ids: &[String]) -> Vec<String> {
        let mut places = Vec::new();
        for (person, id) in ids.iter().enumerate() {
            let reply = self.people[person]
                .1
                .get(&format!("/api/v1/registrations/{id}"))
                .await
                .json();
            places.push(match reply["waitlistPosition"].as_u64() {
                Some(position) => position.to_string(),
                None => reply["status"].as_str().unwrap().to_owned(),
            });
        }
        places
    }
}

fn id(reply: &Reply) -> String {
    reply.json()["registrationId"].as_str().unwrap().to_owned()
}

async fn positions_are_true_and_move_up(app: App) {
    let scene = Scene::new(&app, 1, 4).await;
    let mut ids = Vec::new();
    for (person, place) in [(0, None), (1, Some(1)), (2, Some(2)), (3, Some(3))] {
        let reply = scene.register(person, "k").await;
        assert_eq!(reply.json()["waitlistPosition"].as_u64(), place);
        ids.push(id(&reply));
    }
    assert_eq!(
        scene.cancel(1, &ids[1]).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(scene.places(&ids).await, ["PENDING", "CANCELLED", "1", "2"]);
    app.assert_seat_invariant().await;
}

async fn a_cancellation_promotes_the_head_and_no_registration_overtakes(app: App) {
    let scene = Scene::new(&app, 2, 6).await;
    let ids = scene.register_all().await;
    // All cancel at once, and a new participant registers in between.
    let late = app.people(1).await[0];
    let late = app.client().with_token(app.token(late).await);
    let (first, second, new) = tokio::join!(
        scene.cancel(0, &ids[0]),
        scene.cancel(1, &ids[1]),
        late.register(scene.competition.id, "k"),
    );
    assert_eq!(first.status, StatusCode::NO_CONTENT);
    assert_eq!(second.status, StatusCode::NO_CONTENT);
    assert_eq!(new.json()["status"], "WAITLISTED");
    assert_eq!(
        scene.places(&ids).await,
        ["CANCELLED", "CANCELLED", "PENDING", "PENDING", "1", "2"]
    );
    assert_eq!(app.assert_seat_invariant().await, 2);
    app.work_off().await;
    let tables = TableSnapshot::read(&app.database).await;
    tables.assert_messages(&app.database).await;
}

async fn a_greater_capacity_promotes_as_many_as_fit(app: App) {
    let scene = Scene::new(&app, 1, 5).await;
    let ids = scene.register_all().await;
    let changed = scene.change(json!({ "capacity": 3 })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(changed.json()["seatsLeft"], 0);
    assert_eq!(changed.json()["waitlisted"], 2);
    assert_eq!(
        scene.places(&ids).await,
        ["PENDING", "PENDING", "PENDING", "1", "2"]
    );
    let changed = scene.change(json!({ "capacity": 100 })).await;
    assert_eq!(changed.json()["seatsLeft"], 95);
    assert_eq!(changed.json()["waitlisted"], 0);
    app.work_off().await;
    let tables = TableSnapshot::read(&app.database).await;
    assert_eq!(tables.assert_seat_invariant(), 5);
    tables.assert_messages(&app.database).await;
}

async fn a_capacity_below_the_taken_seats_is_refused(app: App) {
    let scene = Scene::new(&app, 3, 2).await;
    scene.register_all().await;
    let refused = scene
        .change(json!({ "capacity": 1, "title": "New name" }))
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.problem(), "capacity-below-registrations");
    let unchanged = scene.change(json!({})).await.json();
    assert_eq!(unchanged["title"], "Spring Sprint", "all or nothing");
    let changed = scene.change(json!({ "capacity": 2 })).await;
    assert_eq!(changed.json()["seatsLeft"], 0);
    app.assert_seat_invariant().await;
}

async fn cancelling_twice_changes_nothing_for_others(app: App) {
    let scene = Scene::new(&app, 1, 3).await;
    let ids = scene.register_all().await;
    let (once, twice) = tokio::join!(scene.cancel(0, &ids[0]), scene.cancel(0, &ids[0]));
    let later = scene.cancel(0, &ids[0]).await;
    for reply in [once, twice, later] {
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    }
    assert_eq!(scene.places(&ids).await, ["CANCELLED", "PENDING", "1"]);
    app.work_off().await;
    let tables = TableSnapshot::read(&app.database).await;
    assert_eq!(tables.assert_seat_invariant(), 1);
    tables.assert_messages(&app.database).await;
}

async fn a_participant_who_cancelled_may_register_again_at_the_end_of_the_waitlist(app: App) {
    let scene = Scene::new(&app, 1, 3).await;
    let ids = scene.register_all().await;
    scene.cancel(0, &ids[0]).await;
    // The old key gets the old response, and no second registration.
    assert_eq!(id(&scene.register(0, "k").await), ids[0]);
    let back = scene.register(0, "k2").await;
    assert_eq!(back.json()["waitlistPosition"], 2);
    assert_ne!(id(&back), ids[0]);
    app.assert_seat_invariant().await;
}

async fn another_participants_registration_is_not_found(app: App) {
    let scene = Scene::new(&app, 1, 2).await;
    let id = id(&scene.register(0, "k").await);
    let theirs = scene.cancel(1, &id).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    let path = format!("/api/v1/registrations/{id}");
    let seen = scene.people[1].1.get(&path).await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
    // The organizer sees it, but can't cancel it this way.
    assert_eq!(scene.organizer.get(&path).await.status, StatusCode::OK);
    assert_eq!(
        scene.organizer.cancel(&id).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(scene.places(&[id]).await, ["PENDING"]);
}

async fn a_disabled_waitlist_is_still_promoted(app: App) {
    let scene = Scene::new(&app, 1, 2).await;
    let ids = scene.register_all().await;
    scene.change(json!({ "waitlistEnabled": false })).await;
    let late = app.people(1).await[0];
    let late = app.client().with_token(app.token(late).await);
    let refused = late.register(scene.competition.id, "k").await;
    assert_eq!(refused.problem(), "competition-full");
    scene.cancel(0, &ids[0]).await;
    assert_eq!(scene.places(&ids).await, ["CANCELLED", "PENDING"]);
}

async fn no_registration_is_promoted_in_a_started_or_cancelled_competition(app: App) {
    let scene = Scene::new(&app, 1, 2).await;
    let ids = scene.register_all().await;
    scene.change(json!({ "status": "CANCELLED" })).await;
    scene.cancel(0, &ids[0]).await;
    assert_eq!(scene.places(&ids).await, ["CANCELLED", "1"]);
    let back = scene.change(json!({ "status": "PUBLISHED" })).await;
    assert_eq!(
        back.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        back.text
    );
    let registrations = &app.services.registrations;
    let second = registrations.live(scene.people[1].0, scene.competition.id);
    let second = second.await.unwrap().unwrap();
    assert_eq!(second.status, RegistrationStatus::Waitlisted);
}
