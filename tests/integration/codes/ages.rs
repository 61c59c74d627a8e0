//! Ages: how they are limited on the day of the start, and where they are only shown.

use migration::{Migrator, MigratorTrait};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Setup, assert_refused, assert_registered};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    ages_are_limited_on_the_day_of_the_start,
    ages_of_a_division_are_limited,
    limits_that_come_later_are_asked_for_at_once,
    nobody_is_born_after_the_start,
    ages_that_are_only_shown_refuse_nobody,
    after_an_upgrade_divisions_admit_whom_they_admitted,
    dates_of_birth_are_exported_although_no_age_is_limited_any_more,
);

/// The id of the question for the date of birth.
const BIRTH_DATE: &str = "00000000-0000-8000-8000-0000000000b1";

fn born(day: &str) -> Value {
    json!({ "answers": { BIRTH_DATE: day } })
}

/// Adds a division and returns its id.
async fn division(setup: &Setup<'_>, body: Value) -> Value {
    let path = format!("/api/v1/competitions/{}/divisions", setup.competition.id);
    let added = setup.organizer.post_json(&path, &body).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    added.json()["id"].clone()
}

/// Returns how many questions the competition asks.
async fn asked(setup: &Setup<'_>) -> usize {
    let path = format!("/api/v1/competitions/{}/questions", setup.competition.id);
    let asked = setup.app.client().get(&path).await.json();
    asked["items"].as_array().unwrap().len()
}

/// Lets the competition start on a day.
async fn starting(setup: &Setup<'_>, starts_at: &str, zone: &str) {
    setup
        .edit(json!({ "startsAt": starts_at, "endsAt": null, "timeZone": zone }))
        .await;
}

async fn ages_are_limited_on_the_day_of_the_start(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    starting(&setup, "2040-03-01T12:00:00Z", "Pacific/Auckland").await;
    setup.edit(json!({ "ageMin": 18, "ageMax": 30 })).await;
    let questions = format!("/api/v1/competitions/{}/questions", setup.competition.id);
    let asked = app.client().get(&questions).await.json();
    assert_eq!(asked["items"][0]["id"], BIRTH_DATE);
    assert_eq!(asked["items"][0]["kind"], "DATE");
    let (_, reply) = setup.arrive(json!({})).await;
    assert_eq!(
        reply.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        reply.text
    );
    assert_eq!(
        reply.json()["errors"][0]["field"],
        format!("answers.{BIRTH_DATE}")
    );
    // At the venue it is 2 March already.
    for (day, fits) in [
        ("2022-03-02", true),
        ("2022-03-03", false),
        ("2009-03-03", true),
        ("2009-03-02", false),
    ] {
        let (client, reply) = setup.arrive(born(day)).await;
        if !fits {
            assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible");
            continue;
        }
        let id = assert_registered(&reply, "PENDING");
        let path = format!("/api/v1/registrations/{id}");
        assert_eq!(client.get(&path).await.json()["answers"][BIRTH_DATE], day);
        let change = client
            .request(Method::PATCH, &path)
            .json(&born("2020-01-01"));
        let changed = client.send(change).await;
        assert_eq!(
            changed.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            changed.text
        );
    }
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    let wrong = setup.organizer.request(Method::PATCH, &path);
    let reply = setup
        .organizer
        .send(wrong.json(&json!({ "ageMin": 31 })))
        .await;
    assert_eq!(
        reply.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        reply.text
    );
    // Without limits, nothing is asked.
    setup.edit(json!({ "ageMin": null, "ageMax": null })).await;
    let asked = app.client().get(&questions).await.json();
    assert_eq!(asked["items"], json!([]));
    let (_, reply) = setup.arrive(json!({})).await;
    assert_registered(&reply, "PENDING");
}

async fn ages_of_a_division_are_limited(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    starting(&setup, "2040-03-01T12:00:00Z", "UTC").await;
    let divisions = format!("/api/v1/competitions/{}/divisions", setup.competition.id);
    let mut ids = Vec::new();
    for body in [
        json!({ "name": "Open" }),
        json!({ "name": "Youth", "ageMax": 17 }),
    ] {
        let added = setup.organizer.post_json(&divisions, &body).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
        ids.push(added.json()["id"].clone());
    }
    for (division, day, fits) in [
        (0, "1990-01-01", true),
        (1, "1990-01-01", false),
        (1, "2030-01-01", true),
        (1, "2022-03-02", true),
        (1, "2022-03-01", false),
    ] {
        let mut body = born(day);
        body["divisionId"] = ids[division].clone();
        let (_, reply) = setup.arrive(body).await;
        match fits {
            true => drop(assert_registered(&reply, "PENDING")),
            false => assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible"),
        }
    }
    app.assert_seat_invariant().await;
}

async fn limits_that_come_later_are_asked_for_at_once(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    let (_, reply) = setup.arrive(json!({})).await;
    assert_registered(&reply, "PENDING");
    setup.edit(json!({ "ageMin": 18 })).await;
    let (client, reply) = setup.arrive(json!({})).await;
    assert_eq!(
        reply.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        reply.text
    );
    let reply = setup.register(&client, "k", born("1990-01-01")).await;
    assert_registered(&reply, "PENDING");
}

async fn nobody_is_born_after_the_start(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    starting(&setup, "2040-03-01T12:00:00Z", "UTC").await;
    setup.edit(json!({ "ageMax": 30 })).await;
    for (day, fits) in [
        ("2040-03-02", false),
        ("2041-01-01", false),
        ("2040-03-01", true),
    ] {
        let (_, reply) = setup.arrive(born(day)).await;
        match fits {
            true => drop(assert_registered(&reply, "PENDING")),
            false => assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible"),
        }
    }
}

async fn ages_that_are_only_shown_refuse_nobody(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    setup
        .edit(json!({ "ageMin": 18, "agesUnchecked": true }))
        .await;
    assert_eq!(asked(&setup).await, 0);
    let (_, reply) = setup.arrive(json!({})).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(setup.view().await["agesUnchecked"], true);
    // A copy shows them, too.
    let path = format!("/api/v1/competitions/{}/duplicate", setup.competition.id);
    let copy: Value = setup.organizer.post_json(&path, &json!({})).await.json();
    assert_eq!(copy["agesUnchecked"], true);
    setup.edit(json!({ "agesUnchecked": false })).await;
    assert_eq!(asked(&setup).await, 1);
    let (_, reply) = setup.arrive(json!({})).await;
    assert_eq!(
        reply.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        reply.text
    );
}

/// Before, ages of divisions were only shown. That stays so until the organizer has them checked.
async fn after_an_upgrade_divisions_admit_whom_they_admitted(app: App) {
    let old = Setup::new(&app, 9, false).await;
    let youth = division(&old, json!({ "name": "Youth", "ageMax": 17 })).await;
    let plain = Setup::new(&app, 9, false).await;
    division(&plain, json!({ "name": "Open" })).await;
    let schema = app.database().for_migrations().await.unwrap();
    let names = Migrator::migrations().into_iter();
    let names: Vec<_> = names.map(|one| one.name().to_owned()).collect();
    let at = names.iter().position(|name| name.ends_with("000310_codes"));
    let steps = u32::try_from(names.len() - at.unwrap()).unwrap();
    Migrator::down(&schema, Some(steps)).await.unwrap();
    Migrator::up(&schema, None).await.unwrap();
    let (_, reply) = old.arrive(json!({ "divisionId": youth })).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(old.view().await["agesUnchecked"], true);
    assert!(plain.view().await.get("agesUnchecked").is_none());
    old.edit(json!({ "agesUnchecked": false })).await;
    let (_, reply) = old.arrive(json!({ "divisionId": youth })).await;
    assert_eq!(
        reply.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        reply.text
    );
    app.assert_seat_invariant().await;
}

async fn dates_of_birth_are_exported_although_no_age_is_limited_any_more(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    setup.edit(json!({ "ageMin": 18 })).await;
    let (_, reply) = setup.arrive(born("1990-04-01")).await;
    assert_registered(&reply, "PENDING");
    setup.edit(json!({ "ageMin": null })).await;
    assert_eq!(asked(&setup).await, 0);
    let path = format!(
        "/api/v1/competitions/{}/registrations",
        setup.competition.id
    );
    let request = setup.organizer.request(Method::GET, &path);
    let file = setup
        .organizer
        .send(request.header("accept", "text/csv"))
        .await;
    let mut lines = file.text.lines();
    assert!(
        lines.next().unwrap().contains("Date of birth"),
        "{}",
        file.text
    );
    assert!(
        lines.next().unwrap().contains("1990-04-01"),
        "{}",
        file.text
    );
}
