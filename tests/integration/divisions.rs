//! Divisions: seats of a competition and of its divisions, which both hold; a waitlist by division; and what organizers
//! may change.

use futures::future::join_all;
use mini_compete::{
    domain::{Actor, registration::SeatDrift},
    model::{CompetitionView, Role},
};
use reqwest::{Method, StatusCode};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

pub mod costs;
mod organizing;
mod pages;

use crate::{
    harness::{App, Client, Reply, TableSnapshot},
    on_both_backends,
};

on_both_backends!(
    a_seat_is_one_of_the_competition_and_one_of_the_division,
    a_registration_is_in_exactly_one_division,
    the_key_of_a_request_belongs_to_its_division,
    the_waitlist_is_one_of_each_division_and_nobody_is_overtaken_in_it,
    more_seats_of_a_division_go_to_its_waitlist_at_once,
    a_rush_for_divisions_takes_no_seat_twice,
    wrong_counters_of_divisions_are_found_and_repaired,
);

/// A competition with divisions, and its organizer's API client.
struct Setup<'a> {
    app: &'a App,
    competition: CompetitionView,
    organizer: Client,
}

impl<'a> Setup<'a> {
    /// Creates the competition with divisions A, B and so on with these capacities.
    async fn new(app: &'a App, capacity: i64, waitlist: bool, divisions: &[Option<u32>]) -> Self {
        let organizer = app.account("Organizer", Role::Organizer).await;
        let competition = app.competition_of(&organizer, capacity, waitlist).await;
        let organizer = app.token(Actor::from(&organizer)).await;
        let setup = Self {
            app,
            competition,
            organizer: app.client().with_token(organizer),
        };
        for (name, capacity) in ["A", "B", "C"].into_iter().zip(divisions) {
            let added = setup
                .add(json!({ "name": name, "capacity": capacity }))
                .await;
            assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
        }
        setup
    }

    fn path(&self) -> String {
        format!("/api/v1/competitions/{}/divisions", self.competition.id)
    }

    async fn add(&self, division: Value) -> Reply {
        self.organizer.post_json(&self.path(), &division).await
    }

    async fn change(&self, name: &str, fields: Value) -> Reply {
        let path = format!("{}/{}", self.path(), self.id(name).await);
        let request = self.organizer.request(Method::PATCH, &path).json(&fields);
        self.organizer.send(request).await
    }

    async fn remove(&self, name: &str) -> Reply {
        let path = format!("{}/{}", self.path(), self.id(name).await);
        let request = self.organizer.request(Method::DELETE, &path);
        self.organizer.send(request).await
    }

    /// Returns the division with a name, as everyone sees it.
    async fn division(&self, name: &str) -> Value {
        let list = self.app.client().get(&self.path()).await.json();
        let items = list["items"].as_array().unwrap();
        let found = items.iter().find(|division| division["name"] == name);
        found
            .unwrap_or_else(|| panic!("no {name} in {list}"))
            .clone()
    }

    async fn id(&self, name: &str) -> String {
        self.division(name).await["id"].as_str().unwrap().to_owned()
    }

    async fn clients(&self, count: usize) -> Vec<Client> {
        let mut clients = Vec::new();
        for participant in self.app.participants(count).await {
            let token = self.app.token(participant).await;
            clients.push(self.app.client().with_token(token));
        }
        clients
    }

    /// Registers in a division.
    async fn register(&self, client: &Client, key: &str, name: &str) -> Reply {
        let body = json!({ "divisionId": self.id(name).await });
        self.register_with(client, key, &body).await
    }

    async fn register_with(&self, client: &Client, key: &str, body: &Value) -> Reply {
        let request = client.registration_request(self.competition.id, key);
        client.send(request.json(body)).await
    }

    /// Registers new participants, each in the division with the name at the same place, and returns them with their
    /// registrations.
    async fn register_all(&self, names: &[&str]) -> Vec<(Client, String)> {
        let mut registered = Vec::new();
        for (client, name) in self.clients(names.len()).await.into_iter().zip(names) {
            let reply = self.register(&client, "k", name).await;
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
            let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
            registered.push((client, id));
        }
        registered
    }
}

/// Returns the waitlist position of each registration, or its status if it does not wait.
async fn positions_or_statuses(registered: &[(Client, String)]) -> Vec<String> {
    let mut all = Vec::new();
    for (client, id) in registered {
        let reply = client.get(&format!("/api/v1/registrations/{id}")).await;
        let view = reply.json();
        all.push(match view["waitlistPosition"].as_u64() {
            Some(position) => position.to_string(),
            None => view["status"].as_str().unwrap().to_owned(),
        });
    }
    all
}

async fn a_seat_is_one_of_the_competition_and_one_of_the_division(app: App) {
    let setup = Setup::new(&app, 3, false, &[Some(1), None]).await;
    let clients = setup.clients(6).await;
    let seat = setup.register(&clients[0], "k", "A").await;
    assert_eq!(seat.status, StatusCode::CREATED, "{}", seat.text);
    assert_eq!(seat.json()["divisionName"], "A");
    assert_eq!(seat.json()["divisionId"], setup.id("A").await);
    let full = setup.register(&clients[1], "k", "A").await;
    assert_eq!(
        (full.status, &*full.problem()),
        (StatusCode::CONFLICT, "division-full")
    );
    let again = setup.register(&clients[1], "k", "A").await;
    assert_eq!(
        (again.header("idempotency-replayed"), &again.text),
        (Some("true"), &full.text)
    );
    for client in &clients[2..4] {
        let seat = setup.register(client, "k", "B").await;
        assert_eq!(seat.status, StatusCode::CREATED, "{}", seat.text);
    }
    // Both are full: the competition is named, as it is where there are no divisions.
    for name in ["A", "B"] {
        let full = setup.register(&clients[4], name, name).await;
        assert_eq!(full.problem(), "competition-full");
    }
    assert_eq!(app.assert_seat_invariant().await, 3);
}

async fn a_registration_is_in_exactly_one_division(app: App) {
    let setup = Setup::new(&app, 3, false, &[Some(1)]).await;
    let client = setup.clients(1).await.remove(0);
    let unknown = json!({ "divisionId": setup.competition.id });
    for body in [json!({}), json!({ "divisionId": null }), unknown.clone()] {
        let refused = setup.register_with(&client, "k", &body).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text
        );
        assert_eq!(refused.json()["errors"][0]["field"], "divisionId");
    }
    for body in [
        json!({ "divisionId": "A" }),
        json!({ "division": "A" }),
        json!([]),
    ] {
        let refused = setup.register_with(&client, "k", &body).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text
        );
    }
    // None of these took the key.
    let seat = setup.register(&client, "k", "A").await;
    assert_eq!(seat.status, StatusCode::CREATED, "{}", seat.text);

    let plain = app.competition(3, false).await;
    let request = client.registration_request(plain.id, "p").json(&unknown);
    let refused = client.send(request).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    assert_eq!(refused.json()["errors"][0]["field"], "divisionId");
    let seat = client.register(plain.id, "p").await;
    assert_eq!(seat.status, StatusCode::CREATED, "{}", seat.text);
    assert!(seat.json().get("divisionId").is_none());
    app.assert_seat_invariant().await;
}

async fn the_key_of_a_request_belongs_to_its_division(app: App) {
    let setup = Setup::new(&app, 9, false, &[Some(3), Some(3)]).await;
    let client = setup.clients(1).await.remove(0);
    let first = setup.register(&client, "k", "A").await;
    let again = setup.register(&client, "k", "A").await;
    assert_eq!(
        (again.header("idempotency-replayed"), &again.text),
        (Some("true"), &first.text)
    );
    let other = setup.register(&client, "k", "B").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.problem(), "idempotency-key-reused");
    let another = setup.register(&client, "l", "B").await;
    assert_eq!(another.problem(), "already-registered");
}

async fn the_waitlist_is_one_of_each_division_and_nobody_is_overtaken_in_it(app: App) {
    let setup = Setup::new(&app, 4, true, &[Some(1), Some(2), None]).await;
    let registered = setup
        .register_all(&["A", "B", "A", "C", "A", "B", "B", "C", "B"])
        .await;
    let positions = positions_or_statuses(&registered).await;
    // A has one seat, and the competition four.
    let seat = "PENDING";
    assert_eq!(positions, [seat, seat, "1", seat, "2", seat, "1", "1", "2"]);
    let cancel = async |which: usize| {
        let (client, id) = &registered[which];
        assert_eq!(client.cancel(id).await.status, StatusCode::NO_CONTENT);
        app.assert_seat_invariant().await;
        positions_or_statuses(&registered).await
    };
    // A seat of C: A and B are full, so the first of C gets it although others have waited for longer.
    let gone = "CANCELLED";
    assert_eq!(
        cancel(3).await,
        [seat, seat, "1", gone, "2", seat, "1", seat, "2"]
    );
    // A seat of B: the first of B gets it, since A is full.
    assert_eq!(
        cancel(1).await,
        [seat, gone, "1", gone, "2", seat, seat, seat, "1"]
    );
    // A seat of A: the first of A.
    assert_eq!(
        cancel(0).await,
        [gone, gone, seat, gone, "1", seat, seat, seat, "1"]
    );
    app.run_open_jobs().await;
    let tables = TableSnapshot::read(&app.database).await;
    tables.assert_messages(&app.database).await;
}

async fn more_seats_of_a_division_go_to_its_waitlist_at_once(app: App) {
    let setup = Setup::new(&app, 4, true, &[Some(1), Some(1)]).await;
    let registered = setup.register_all(&["A", "A", "A", "B", "B", "A"]).await;
    for wrong in [0, i64::MIN, i64::MAX] {
        let refused = setup.change("A", json!({ "capacity": wrong })).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let raised = setup.change("A", json!({ "capacity": 2 })).await;
    assert_eq!(raised.status, StatusCode::OK, "{}", raised.text);
    let numbers = |view: &Value| {
        [
            &view["capacity"],
            &view["seatsLeft"],
            &view["taken"],
            &view["waitlisted"],
        ]
        .map(Value::as_u64)
    };
    assert_eq!(numbers(&raised.json()), [2, 0, 2, 2].map(Some));
    let (seat, positions) = ("PENDING", positions_or_statuses(&registered).await);
    assert_eq!(positions, [seat, seat, "1", seat, "1", "2"]);
    let below = setup.change("A", json!({ "capacity": 1 })).await;
    assert_eq!(
        (below.status, &*below.problem()),
        (StatusCode::CONFLICT, "capacity-below-registrations")
    );
    // Without a limit of its own, the competition has one seat left.
    let unlimited = setup.change("A", json!({ "capacity": null })).await.json();
    assert_eq!(numbers(&unlimited), [None, None, Some(3), Some(1)]);
    let positions = positions_or_statuses(&registered).await;
    assert_eq!(positions, [seat, seat, seat, seat, "1", "1"]);
    // A limit again, which counts those who are there.
    let limited = setup.change("A", json!({ "capacity": 3 })).await.json();
    assert_eq!(numbers(&limited), [3, 0, 3, 1].map(Some));
    // More seats of the competition go to the division that has some.
    setup.change("B", json!({ "capacity": 5 })).await;
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    let edit = setup
        .organizer
        .request(Method::PATCH, &path)
        .json(&json!({ "capacity": 9 }));
    let edited = setup.organizer.send(edit).await.json();
    assert_eq!(
        (edited["seatsLeft"].as_u64(), edited["waitlisted"].as_u64()),
        (Some(4), Some(1))
    );
    let positions = positions_or_statuses(&registered).await;
    assert_eq!(positions, [seat, seat, seat, seat, seat, "1"]);
    app.run_open_jobs().await;
    let tables = TableSnapshot::read(&app.database).await;
    tables.assert_seat_invariant();
    tables.assert_messages(&app.database).await;
}

async fn a_rush_for_divisions_takes_no_seat_twice(app: App) {
    let setup = Setup::new(&app, 25, true, &[Some(5), Some(10), None]).await;
    let clients = setup.clients(60).await;
    let ids = [
        setup.id("A").await,
        setup.id("B").await,
        setup.id("C").await,
    ];
    let requests = clients.iter().enumerate().flat_map(|(number, client)| {
        let body = json!({ "divisionId": ids[number % 3] });
        // Each twice, as with a double click.
        [0, 1].map(|_| {
            let request = client
                .registration_request(setup.competition.id, "k")
                .json(&body);
            client.send(request)
        })
    });
    let replies = join_all(requests).await;
    for pair in replies.chunks(2) {
        assert_eq!(
            (pair[0].status, &pair[0].text),
            (StatusCode::CREATED, &pair[1].text)
        );
    }
    assert_eq!(app.assert_seat_invariant().await, 25);
    // Half of them leave at once, and others come.
    let late = setup.clients(10).await;
    let cancellations = replies
        .chunks(2)
        .zip(&clients)
        .step_by(2)
        .map(|(pair, client)| async {
            let id = pair[0].json()["registrationId"]
                .as_str()
                .unwrap()
                .to_owned();
            assert_eq!(client.cancel(id).await.status, StatusCode::NO_CONTENT);
        });
    let registrations = late.iter().map(|client| async {
        let request = client.registration_request(setup.competition.id, "l");
        let reply = client
            .send(request.json(&json!({ "divisionId": ids[0] })))
            .await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    });
    tokio::join!(join_all(cancellations), join_all(registrations));
    app.assert_seat_invariant().await;
    let a = setup.division("A").await;
    assert_eq!(
        (a["taken"].as_u64(), a["seatsLeft"].as_u64()),
        (Some(5), Some(0))
    );
    app.run_open_jobs().await;
    let tables = TableSnapshot::read(&app.database).await;
    tables.assert_messages(&app.database).await;
}

async fn wrong_counters_of_divisions_are_found_and_repaired(app: App) {
    let setup = Setup::new(&app, 9, true, &[Some(2), None]).await;
    // Nobody waits: a seat that is only counted as free would be given away at once.
    setup.register_all(&["A", "A", "B"]).await;
    let check = async || {
        app.clock.advance(chrono::TimeDelta::minutes(1));
        assert!(app.run_scheduled_tasks().await.contains(&"seat-drift"));
        let known = SeatDrift::new(app.database().clone())
            .wrong_competitions()
            .await;
        known.unwrap()
    };
    assert_eq!(check().await, Some(0));
    let admin = app.account("Administrator", Role::Admin).await;
    for wrong in [
        "taken = taken - 1, seats_left = capacity - taken + 1 WHERE name = 'A'",
        "waitlisted = waitlisted + 1 WHERE name = 'A'",
        "taken = taken + 5 WHERE name = 'B'",
    ] {
        let database = app.database().write();
        let sql = format!("UPDATE divisions SET {wrong}");
        database.execute_unprepared(&sql).await.unwrap();
        assert_eq!(check().await, Some(1), "{wrong}");
        let repaired = app
            .services
            .seat_repair
            .repair(Actor::from(&admin))
            .await
            .unwrap();
        assert_eq!((repaired.repaired, repaired.left), (1, 0), "{wrong}");
        assert_eq!(check().await, Some(0), "{wrong}");
        app.assert_seat_invariant().await;
    }
}
