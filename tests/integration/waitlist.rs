//! The waitlist: correct positions, strict order, and promotion in the transaction that frees the seat.

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, RegistrationStatus, Role},
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    harness::{App, Client, Reply, TableSnapshot},
    on_both_backends,
};

on_both_backends!(
    positions_are_correct_and_move_up,
    a_cancellation_promotes_the_head_and_no_registration_overtakes,
    a_greater_capacity_promotes_as_many_as_fit,
    a_capacity_below_the_taken_seats_is_refused,
    cancelling_twice_changes_nothing_for_others,
    a_participant_who_cancelled_may_register_again_at_the_end_of_the_waitlist,
    another_participants_registration_is_not_found,
    a_disabled_waitlist_is_still_promoted,
    no_registration_is_promoted_in_a_started_or_cancelled_competition,
);

/// A competition with a waitlist, its participants with their API clients, and the API client of its organizer.
struct Setup {
    competition: CompetitionView,
    organizer: Client,
    participants: Vec<(Actor, Client)>,
}

impl Setup {
    /// Creates the competition and the accounts.
    async fn new(app: &App, capacity: i64, participants: usize) -> Self {
        let organizer = app.account("Organizer", Role::Organizer).await;
        let competition = app.competition_of(&organizer, capacity, true).await;
        let organizer = app.token(Actor::from(&organizer)).await;
        let mut clients = Vec::new();
        for participant in app.participants(participants).await {
            let token = app.token(participant).await;
            clients.push((participant, app.client().with_token(token)));
        }
        Self {
            competition,
            organizer: app.client().with_token(organizer),
            participants: clients,
        }
    }

    /// Registers a participant, and asserts that the registration is accepted.
    async fn register(&self, participant: usize, key: &str) -> Reply {
        let (_, client) = &self.participants[participant];
        let reply = client.register(self.competition.id, key).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        reply
    }

    /// Registers every participant in order and returns the registrations.
    async fn register_all(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for participant in 0..self.participants.len() {
            ids.push(id(&self.register(participant, "k").await));
        }
        ids
    }

    /// Cancels a registration as one of the participants.
    async fn cancel(&self, participant: usize, id: &str) -> Reply {
        self.participants[participant].1.cancel(id).await
    }

    /// Edits the competition as its organizer.
    async fn edit(&self, fields: serde_json::Value) -> Reply {
        let path = format!("/api/v1/competitions/{}", self.competition.id);
        let request = self.organizer.request(Method::PATCH, &path).json(&fields);
        self.organizer.send(request).await
    }

    /// Returns the waitlist position of each registration as its participant sees it, or its status if it
    /// does not wait.
    async fn positions_or_statuses(&self, ids: &[String]) -> Vec<String> {
        let mut all = Vec::new();
        for (participant, id) in ids.iter().enumerate() {
            let reply = self.participants[participant]
                .1
                .get(&format!("/api/v1/registrations/{id}"))
                .await
                .json();
            all.push(match reply["waitlistPosition"].as_u64() {
                Some(position) => position.to_string(),
                None => reply["status"].as_str().unwrap().to_owned(),
            });
        }
        all
    }
}

/// Returns the id of a new registration.
fn id(reply: &Reply) -> String {
    reply.json()["registrationId"].as_str().unwrap().to_owned()
}

async fn positions_are_correct_and_move_up(app: App) {
    let setup = Setup::new(&app, 1, 4).await;
    let mut ids = Vec::new();
    for (participant, position) in [(0, None), (1, Some(1)), (2, Some(2)), (3, Some(3))] {
        let reply = setup.register(participant, "k").await;
        assert_eq!(reply.json()["waitlistPosition"].as_u64(), position);
        ids.push(id(&reply));
    }
    assert_eq!(
        setup.cancel(1, &ids[1]).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        setup.positions_or_statuses(&ids).await,
        ["PENDING", "CANCELLED", "1", "2"]
    );
    app.assert_seat_invariant().await;
}

async fn a_cancellation_promotes_the_head_and_no_registration_overtakes(app: App) {
    let setup = Setup::new(&app, 2, 6).await;
    let ids = setup.register_all().await;
    // All cancel at once, and a new participant registers in between.
    let late = app.participants(1).await[0];
    let late = app.client().with_token(app.token(late).await);
    let (first, second, new) = tokio::join!(
        setup.cancel(0, &ids[0]),
        setup.cancel(1, &ids[1]),
        late.register(setup.competition.id, "k"),
    );
    assert_eq!(first.status, StatusCode::NO_CONTENT);
    assert_eq!(second.status, StatusCode::NO_CONTENT);
    assert_eq!(new.json()["status"], "WAITLISTED");
    assert_eq!(
        setup.positions_or_statuses(&ids).await,
        ["CANCELLED", "CANCELLED", "PENDING", "PENDING", "1", "2"]
    );
    assert_eq!(app.assert_seat_invariant().await, 2);
    app.run_open_jobs().await;
    let tables = TableSnapshot::read(&app.database).await;
    tables.assert_messages(&app.database).await;
}

async fn a_greater_capacity_promotes_as_many_as_fit(app: App) {
    let setup = Setup::new(&app, 1, 5).await;
    let ids = setup.register_all().await;
    let changed = setup.edit(json!({ "capacity": 3 })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(changed.json()["seatsLeft"], 0);
    assert_eq!(changed.json()["waitlisted"], 2);
    assert_eq!(
        setup.positions_or_statuses(&ids).await,
        ["PENDING", "PENDING", "PENDING", "1", "2"]
    );
    let changed = setup.edit(json!({ "capacity": 100 })).await;
    assert_eq!(changed.json()["seatsLeft"], 95);
    assert_eq!(changed.json()["waitlisted"], 0);
    app.run_open_jobs().await;
    let tables = TableSnapshot::read(&app.database).await;
    assert_eq!(tables.assert_seat_invariant(), 5);
    tables.assert_messages(&app.database).await;
}

async fn a_capacity_below_the_taken_seats_is_refused(app: App) {
    let setup = Setup::new(&app, 3, 2).await;
    setup.register_all().await;
    let refused = setup
        .edit(json!({ "capacity": 1, "title": "New name" }))
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.problem(), "capacity-below-registrations");
    let unchanged = setup.edit(json!({})).await.json();
    assert_eq!(unchanged["title"], "Spring Sprint", "all or nothing");
    let changed = setup.edit(json!({ "capacity": 2 })).await;
    assert_eq!(changed.json()["seatsLeft"], 0);
    app.assert_seat_invariant().await;
}

async fn cancelling_twice_changes_nothing_for_others(app: App) {
    let setup = Setup::new(&app, 1, 3).await;
    let ids = setup.register_all().await;
    let (once, twice) = tokio::join!(setup.cancel(0, &ids[0]), setup.cancel(0, &ids[0]));
    let later = setup.cancel(0, &ids[0]).await;
    for reply in [once, twice, later] {
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    }
    assert_eq!(
        setup.positions_or_statuses(&ids).await,
        ["CANCELLED", "PENDING", "1"]
    );
    app.run_open_jobs().await;
    let tables = TableSnapshot::read(&app.database).await;
    assert_eq!(tables.assert_seat_invariant(), 1);
    tables.assert_messages(&app.database).await;
}

async fn a_participant_who_cancelled_may_register_again_at_the_end_of_the_waitlist(app: App) {
    let setup = Setup::new(&app, 1, 3).await;
    let ids = setup.register_all().await;
    setup.cancel(0, &ids[0]).await;
    // The old key gets the old response, and no second registration.
    assert_eq!(id(&setup.register(0, "k").await), ids[0]);
    let again = setup.register(0, "k2").await;
    assert_eq!(again.json()["waitlistPosition"], 2);
    assert_ne!(id(&again), ids[0]);
    app.assert_seat_invariant().await;
}

async fn another_participants_registration_is_not_found(app: App) {
    let setup = Setup::new(&app, 1, 2).await;
    let id = id(&setup.register(0, "k").await);
    let by_other = setup.cancel(1, &id).await;
    assert_eq!(by_other.status, StatusCode::NOT_FOUND);
    let path = format!("/api/v1/registrations/{id}");
    let seen = setup.participants[1].1.get(&path).await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
    // The organizer can read the registration, but not cancel it.
    assert_eq!(setup.organizer.get(&path).await.status, StatusCode::OK);
    assert_eq!(
        setup.organizer.cancel(&id).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(setup.positions_or_statuses(&[id]).await, ["PENDING"]);
}

async fn a_disabled_waitlist_is_still_promoted(app: App) {
    let setup = Setup::new(&app, 1, 2).await;
    let ids = setup.register_all().await;
    setup.edit(json!({ "waitlistEnabled": false })).await;
    let late = app.participants(1).await[0];
    let late = app.client().with_token(app.token(late).await);
    let refused = late.register(setup.competition.id, "k").await;
    assert_eq!(refused.problem(), "competition-full");
    setup.cancel(0, &ids[0]).await;
    assert_eq!(
        setup.positions_or_statuses(&ids).await,
        ["CANCELLED", "PENDING"]
    );
}

async fn no_registration_is_promoted_in_a_started_or_cancelled_competition(app: App) {
    let setup = Setup::new(&app, 1, 2).await;
    let ids = setup.register_all().await;
    setup.edit(json!({ "status": "CANCELLED" })).await;
    setup.cancel(0, &ids[0]).await;
    assert_eq!(setup.positions_or_statuses(&ids).await, ["CANCELLED", "1"]);
    let published = setup.edit(json!({ "status": "PUBLISHED" })).await;
    assert_eq!(
        published.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        published.text
    );
    let registrations = &app.services.registrations;
    let second = registrations.live(setup.participants[1].0, setup.competition.id);
    let second = second.await.unwrap().unwrap();
    assert_eq!(second.status, RegistrationStatus::Waitlisted);
}
