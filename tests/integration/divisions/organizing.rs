//! Divisions as organizers manage them, and where they are shown.

use mini_compete::model::forms::ParticipantForm;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Setup;
use crate::{
    harness::{App, TableSnapshot},
    on_both_backends,
};

on_both_backends!(
    divisions_come_before_registrations_and_go_after_them,
    a_division_has_a_name_of_its_own_and_limits_within_bounds,
    everyone_sees_the_divisions_of_public_competitions_as_they_are_now,
    organizers_add_and_promote_participants_within_divisions,
    the_division_is_shown_wherever_a_registration_is,
    a_copy_has_the_same_divisions_without_registrations,
    a_deleted_competition_leaves_no_divisions,
);

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
