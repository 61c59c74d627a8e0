//! Divisions: seats of a competition and of its divisions, which both hold; a waitlist by division; and what organizers
//! may change.

use futures::future::join_all;
use mini_compete::{
    domain::{Actor, registration::SeatDrift},
    model::{CompetitionView, Role, forms::ParticipantForm},
};
use reqwest::{Method, StatusCode};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

mod pages;

use crate::{
    harness::{App, Backend, Client, Reply, TableSnapshot, spawn_app, wait_until},
    on_both_backends,
};

on_both_backends!(
    a_seat_is_one_of_the_competition_and_one_of_the_division,
    a_registration_is_in_exactly_one_division,
    the_key_of_a_request_belongs_to_its_division,
    the_waitlist_is_one_of_each_division_and_nobody_is_overtaken_in_it,
    more_seats_of_a_division_go_to_its_waitlist_at_once,
    divisions_come_before_registrations_and_go_after_them,
    a_division_has_a_name_of_its_own_and_limits_within_bounds,
    a_rush_for_divisions_takes_no_seat_twice,
    everyone_sees_the_divisions_of_public_competitions_as_they_are_now,
    organizers_add_and_promote_participants_within_divisions,
    the_division_is_shown_wherever_a_registration_is,
    a_copy_has_the_same_divisions_without_registrations,
    wrong_counters_of_divisions_are_found_and_repaired,
    a_deleted_competition_leaves_no_divisions,
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

async fn divisions_come_before_registrations_and_go_after_them(app: App) {
    let setup = Setup::new(&app, 4, true, &[]).await;
    let client = setup.clients(1).await.remove(0);
    let plain = client.register(setup.competition.id, "a").await;
    let late = setup.add(json!({ "name": "A" })).await;
    assert_eq!(
        (late.status, &*late.problem()),
        (StatusCode::CONFLICT, "registrations-without-division")
    );
    client
        .cancel(plain.json()["registrationId"].as_str().unwrap())
        .await;
    assert_eq!(
        setup.add(json!({ "name": "A" })).await.status,
        StatusCode::CREATED
    );
    let registered = setup.register_all(&["A"]).await;
    let used = setup.remove("A").await;
    assert_eq!(
        (used.status, &*used.problem()),
        (StatusCode::CONFLICT, "division-has-registrations")
    );
    // Others are added at any time.
    assert_eq!(
        setup.add(json!({ "name": "B" })).await.status,
        StatusCode::CREATED
    );
    assert_eq!(setup.remove("B").await.status, StatusCode::NO_CONTENT);
    let (cancelled, id) = &registered[0];
    cancelled.cancel(id).await;
    let path = format!("{}/{}", setup.path(), setup.id("A").await);
    assert_eq!(setup.remove("A").await.status, StatusCode::NO_CONTENT);
    let gone = setup.organizer.request(Method::DELETE, &path);
    assert_eq!(
        setup.organizer.send(gone).await.status,
        StatusCode::NOT_FOUND
    );
    // The registration still says where it was, and the competition is a plain one again.
    let view = cancelled.get(&format!("/api/v1/registrations/{id}")).await;
    assert_eq!(view.json()["divisionName"], "A");
    let again = client.register(setup.competition.id, "b").await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text);
    app.assert_seat_invariant().await;
}

async fn a_division_has_a_name_of_its_own_and_limits_within_bounds(app: App) {
    let setup = Setup::new(&app, 4, true, &[Some(2)]).await;
    let wrong = [
        (json!({ "name": "a" }), "name"),
        (json!({ "name": " " }), "name"),
        (json!({ "name": "x".repeat(81) }), "name"),
        (json!({ "name": "B", "capacity": 1_000_001 }), "capacity"),
        (json!({ "name": "B", "ageMin": 0 }), "ageMin"),
        (json!({ "name": "B", "ageMin": 18, "ageMax": 12 }), "ageMax"),
        (
            json!({ "name": "B", "startsAt": "9999-01-01T00:00:00Z" }),
            "startsAt",
        ),
        (json!({ "name": "B", "seatsLeft": 3 }), "seatsLeft"),
    ];
    for (division, field) in wrong {
        let refused = setup.add(division.clone()).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{division}"
        );
        assert_eq!(refused.json()["errors"][0]["field"], field, "{division}");
    }
    let full = json!({ "name": "Juniors", "capacity": 2, "ageMin": 12, "ageMax": 17, "startsAt": "2030-05-01T08:30:00Z" });
    let added = setup.add(full.clone()).await.json();
    for (field, value) in full.as_object().unwrap() {
        assert_eq!(&added[field], value);
    }
    // A change keeps what it does not name, and checks limits together.
    let refused = setup.change("Juniors", json!({ "ageMin": 18 })).await;
    assert_eq!(refused.json()["errors"][0]["field"], "ageMax");
    let changed = setup
        .change("Juniors", json!({ "ageMin": null, "name": "Youth" }))
        .await
        .json();
    assert_eq!(
        (&changed["name"], &changed["ageMax"]),
        (&json!("Youth"), &json!(17))
    );
    assert!(changed.get("ageMin").is_none());
    for number in 0..48 {
        let added = setup.add(json!({ "name": number.to_string() })).await;
        assert_eq!(added.status, StatusCode::CREATED);
    }
    let too_many = setup.add(json!({ "name": "one more" })).await;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY);
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

async fn everyone_sees_the_divisions_of_public_competitions_as_they_are_now(app: App) {
    let setup = Setup::new(&app, 9, false, &[Some(3), None]).await;
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    let visitor = app.client();
    let before = visitor.get(&path).await;
    let of = |view: &Value| {
        let divisions = view["divisions"].as_array().unwrap();
        divisions
            .iter()
            .map(|one| one["taken"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&before.json()), [0, 0]);
    assert_eq!(before.json()["divisions"][0]["seatsLeft"], 3);
    assert!(before.json()["divisions"][1].get("seatsLeft").is_none());
    // At once after each change, and with another entity tag, although the view is read from memory.
    let mut tag = before.header("etag").unwrap().to_owned();
    setup.register_all(&["A", "B"]).await;
    let then = visitor.get(&path).await;
    assert_eq!(of(&then.json()), [1, 1]);
    assert_ne!(then.header("etag").unwrap(), tag);
    tag = then.header("etag").unwrap().to_owned();
    setup.change("B", json!({ "name": "Beginners" })).await;
    let renamed = visitor.get(&path).await;
    assert_eq!(renamed.json()["divisions"][1]["name"], "Beginners");
    assert_ne!(renamed.header("etag").unwrap(), tag);
    // Lists do not have them, and plain competitions have no such member.
    let list = visitor.get("/api/v1/competitions").await.json();
    assert!(
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one.get("divisions").is_none())
    );
    let plain = app.competition(3, false).await;
    let plain = visitor
        .get(&format!("/api/v1/competitions/{}", plain.id))
        .await;
    assert!(plain.json().get("divisions").is_none());
    // Nobody else changes them.
    let stranger = setup.clients(1).await.remove(0);
    let refused = stranger
        .post_json(&setup.path(), &json!({ "name": "X" }))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

async fn organizers_add_and_promote_participants_within_divisions(app: App) {
    let setup = Setup::new(&app, 3, true, &[Some(1), None]).await;
    let registered = setup.register_all(&["A", "A"]).await;
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    let add = async |email: &str, division: Option<String>| {
        let form = ParticipantForm {
            email: email.to_owned(),
            name: "Walk In".to_owned(),
            division_id: division.map(|id| id.parse().unwrap()),
        };
        let body = serde_json::to_value(form).unwrap();
        setup
            .organizer
            .post_json(&format!("{path}/participants"), &body)
            .await
    };
    let none = add("a@example.org", None).await;
    assert_eq!(
        none.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        none.text
    );
    assert_eq!(none.json()["errors"][0]["field"], "divisionId");
    let added = add("a@example.org", Some(setup.id("B").await)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    assert_eq!(
        (&added.json()["status"], &added.json()["divisionName"]),
        (&json!("PENDING"), &json!("B"))
    );
    let waits = add("b@example.org", Some(setup.id("A").await)).await.json();
    assert_eq!(
        (&waits["status"], &waits["waitlistPosition"]),
        (&json!("WAITLISTED"), &json!(2))
    );
    // A promotion out of turn is never beyond the seats of the division.
    let ids = [registered[1].1.clone()];
    let promote = json!({ "action": "PROMOTE", "ids": ids });
    let act = format!("{path}/registrations/bulk");
    let refused = setup.organizer.post_json(&act, &promote).await.json();
    assert_eq!(
        refused["results"][0]["outcome"], "DIVISION_FULL",
        "{refused}"
    );
    app.assert_seat_invariant().await;
}

async fn the_division_is_shown_wherever_a_registration_is(app: App) {
    let setup = Setup::new(&app, 9, true, &[Some(1), None]).await;
    let registered = setup.register_all(&["A", "A", "B"]).await;
    let path = format!(
        "/api/v1/competitions/{}/registrations",
        setup.competition.id
    );
    let list = setup.organizer.get(&path).await.json();
    let names: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["divisionName"])
        .collect();
    assert_eq!(names, ["A", "A", "B"]);
    assert_eq!(list["items"][1]["waitlistPosition"], 1);
    let csv = setup
        .organizer
        .request(Method::GET, &path)
        .header("accept", "text/csv");
    let csv = setup.organizer.send(csv).await.text;
    assert!(
        csv.lines().next().unwrap().ends_with(",divisionName"),
        "{csv}"
    );
    let ends = |end: &str| csv.lines().filter(|line| line.ends_with(end)).count();
    assert_eq!((ends(",A"), ends(",B")), (2, 1), "{csv}");
    assert!(csv.contains(",WAITLISTED,1,"), "{csv}");
    let (client, _) = &registered[1];
    let own = client.get("/api/v1/me/registrations").await.json();
    assert_eq!(
        (
            &own["items"][0]["divisionName"],
            &own["items"][0]["waitlistPosition"]
        ),
        (&json!("A"), &json!(1))
    );
    let export = client.get("/api/v1/me/export").await.json();
    assert_eq!(export["registrations"][0]["divisionName"], "A");
}

async fn a_copy_has_the_same_divisions_without_registrations(app: App) {
    let setup = Setup::new(&app, 9, true, &[Some(1), None]).await;
    setup.register_all(&["A", "A", "B"]).await;
    let path = format!("/api/v1/competitions/{}/duplicate", setup.competition.id);
    let copy = setup
        .organizer
        .send(setup.organizer.request(Method::POST, &path))
        .await;
    assert_eq!(copy.status, StatusCode::CREATED, "{}", copy.text);
    let copy = copy.json();
    let divisions = copy["divisions"].as_array().unwrap();
    let facts: Vec<_> = divisions
        .iter()
        .map(|one| {
            (
                &one["name"],
                &one["capacity"],
                &one["taken"],
                &one["waitlisted"],
            )
        })
        .collect();
    let (none, zero) = (Value::Null, json!(0));
    assert_eq!(
        facts,
        [
            (&json!("A"), &json!(1), &zero, &zero),
            (&json!("B"), &none, &zero, &zero)
        ]
    );
    assert_ne!(divisions[0]["id"], setup.id("A").await);
    app.assert_seat_invariant().await;
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

async fn a_deleted_competition_leaves_no_divisions(app: App) {
    let setup = Setup::new(&app, 9, true, &[Some(1), None]).await;
    setup.register_all(&["A", "A", "B"]).await;
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    let deleted = setup.organizer.request(Method::DELETE, &path);
    assert_eq!(
        setup.organizer.send(deleted).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        app.client().get(&setup.path()).await.status,
        StatusCode::NOT_FOUND
    );
    app.run_open_jobs().await;
    let tables = TableSnapshot::read(&app.database).await;
    assert!(tables.divisions.is_empty() && tables.registrations.is_empty());
}

/// What PostgreSQL has counted about a table.
async fn accesses(app: &App, table: &str) -> (i64, i64) {
    let sql = format!(
        "SELECT seq_scan + coalesce(idx_scan, 0) AS reads, n_tup_ins + n_tup_upd + n_tup_del AS writes \
         FROM pg_stat_user_tables WHERE relname = '{table}'"
    );
    let connection = app.database().read();
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    (
        row.try_get("", "reads").unwrap(),
        row.try_get("", "writes").unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_or_written_about_divisions_where_there_are_none() {
    let app = spawn_app(Backend::Postgres).await;
    let organizer = app.account("Organizer", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 2, true).await.id;
    let token = app.token(Actor::from(&organizer)).await;
    let organizer = app.client().with_token(token);
    let path = format!("/api/v1/competitions/{competition}");
    let mut before = (0, 0);
    for (number, participant) in app.participants(30).await.into_iter().enumerate() {
        if number == 15 {
            counted(&app, 15).await;
            before = accesses(&app, "divisions").await;
        }
        let client = app.client().with_token(app.token(participant).await);
        let reply = client.register(competition, "k").await;
        assert_eq!(reply.status, StatusCode::CREATED);
        let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
        assert_eq!(client.get(&path).await.status, StatusCode::OK);
        let own = client.get(&format!("/api/v1/registrations/{id}")).await;
        assert_eq!(own.status, StatusCode::OK);
        if participant.id.0.as_u128() % 2 == 0 {
            assert_eq!(client.cancel(id).await.status, StatusCode::NO_CONTENT);
        }
    }
    let edit = organizer
        .request(Method::PATCH, &path)
        .json(&json!({ "capacity": 9 }));
    assert_eq!(organizer.send(edit).await.status, StatusCode::OK);
    let list = organizer.get(&format!("{path}/registrations")).await;
    assert_eq!(list.status, StatusCode::OK);
    counted(&app, 30).await;
    assert_eq!(accesses(&app, "divisions").await, before);
}

/// Waits until so many registrations are counted. Connections tell their counts when they have been idle for a moment,
/// those of all tables at once.
async fn counted(app: &App, registrations: i64) {
    wait_until("the registrations are counted", || async {
        accesses(app, "registrations").await.1 >= registrations
    })
    .await;
}
