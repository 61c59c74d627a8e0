//! Changes that are decided together: of codes, divisions, and of who may register.

use futures::future::join_all;
use mini_compete::store::entity::competition;
use reqwest::{Method, StatusCode};
use sea_orm::EntityTrait;
use serde_json::json;

use super::{Setup, assert_registered, with_code};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    who_may_register_and_divisions_change_at_the_same_time,
    a_code_is_deleted_and_its_text_handed_out_again_at_the_same_time,
    a_code_that_was_released_is_used_by_nobody_although_the_clock_is_set_back,
    a_code_of_a_division_that_was_removed_sets_no_seats_aside,
    codes_are_generated_once_for_each_key,
    a_code_of_a_division_that_was_removed_is_used_in_any,
    the_first_code_and_the_loss_of_the_last_reach_open_pages,
);

async fn who_may_register_and_divisions_change_at_the_same_time(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    let divisions = format!("{path}/divisions");
    for round in 0..6 {
        // While the first is committed, the others are gathered in one batch.
        let edits = (0..4).map(|number| {
            let fields = json!({ "ageMin": 10 + number, "codeRequired": number % 2 == 0 });
            let request = setup.organizer.request(Method::PATCH, &path).json(&fields);
            setup.organizer.send(request)
        });
        let added = (0..3).map(|number| {
            let body = json!({ "name": format!("Division {round}/{number}"), "ageMax": 90 });
            let request = setup.organizer.request(Method::POST, &divisions);
            setup.organizer.send(request.json(&body))
        });
        let (edits, added) = tokio::join!(join_all(edits), join_all(added));
        for reply in edits {
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        }
        for reply in added {
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        }
    }
    app.assert_seat_invariant().await;
}

async fn a_code_is_deleted_and_its_text_handed_out_again_at_the_same_time(app: App) {
    let setup = Setup::new(&app, 40, false).await;
    let sponsor = json!({ "code": "SPONSOR", "kind": "RESERVED", "maxUses": 2 });
    let mut id = setup.code(sponsor.clone()).await;
    for _ in 0..12 {
        let others = (0..3).map(|number| {
            setup.add(json!({ "kind": "ELIGIBILITY", "maxUses": 1, "label": format!("{number}") }))
        });
        let (others, removed, added) = tokio::join!(
            join_all(others),
            setup.remove(&id),
            setup.add(sponsor.clone())
        );
        for reply in others {
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        }
        assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.text);
        id = match added.status {
            StatusCode::CREATED => added.json()["id"].as_str().unwrap().to_owned(),
            // It came first: the code was still there.
            _ => {
                assert_eq!(
                    added.status,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "{}",
                    added.text
                );
                setup.code(sponsor.clone()).await
            }
        };
    }
    let (_, reply) = setup.arrive(with_code("sponsor")).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(setup.uses(&id).await, 1);
    app.assert_seat_invariant().await;
}

async fn a_code_that_was_released_is_used_by_nobody_although_the_clock_is_set_back(app: App) {
    let setup = Setup::new(&app, 3, true).await;
    // Within the life of the organizer's token.
    let life = chrono::TimeDelta::minutes(10);
    let expires_at = app.clock.now() + life;
    setup
        .code(
            json!({ "code": "SPONSOR", "kind": "RESERVED", "maxUses": 2, "expiresAt": expires_at }),
        )
        .await;
    app.clock.advance(life);
    app.run_scheduled_tasks().await;
    assert_eq!(setup.view().await["seatsLeft"], 3);
    app.clock.advance(-life / 2);
    let (client, reply) = setup.arrive(with_code("SPONSOR")).await;
    assert_eq!(reply.problem(), "not-eligible", "{}", reply.text);
    let reply = setup.register(&client, "none", json!({})).await;
    assert_registered(&reply, "PENDING");
    app.assert_seat_invariant().await;
}

async fn a_code_of_a_division_that_was_removed_sets_no_seats_aside(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    let divisions = format!("/api/v1/competitions/{}/divisions", setup.competition.id);
    let body = json!({ "name": "Elite", "capacity": 4 });
    let added = setup.organizer.post_json(&divisions, &body).await.json();
    // Within the life of the organizer's token.
    let life = chrono::TimeDelta::minutes(10);
    let expires_at = app.clock.now() + life;
    let code = setup
        .code(json!({ "code": "ELITE-1", "kind": "RESERVED", "maxUses": 2, "expiresAt": expires_at, "divisionId": added["id"] }))
        .await;
    app.clock.advance(life);
    app.run_scheduled_tasks().await;
    let path = format!("{divisions}/{}", added["id"].as_str().unwrap());
    let remove = setup.organizer.request(Method::DELETE, &path);
    let removed = setup.organizer.send(remove).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.text);
    let longer = setup.change(&code, json!({ "expiresAt": null })).await;
    assert_eq!(longer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(longer.json()["errors"][0]["field"], "divisionId");
    let named = setup.change(&code, json!({ "label": "Last year" })).await;
    assert_eq!(named.status, StatusCode::OK, "{}", named.text);
    assert_eq!(setup.view().await["seatsLeft"], 9);
    app.assert_seat_invariant().await;
}

async fn codes_are_generated_once_for_each_key(app: App) {
    let setup = Setup::new(&app, 50, false).await;
    let path = format!("{}/generate", setup.path());
    let generate = async |key: &str, count: i64| {
        let body = json!({ "count": count, "kind": "RESERVED", "maxUses": 1 });
        let request = setup.organizer.request(Method::POST, &path);
        let request = request.header("idempotency-key", key).json(&body);
        setup.organizer.send(request).await
    };
    let replies = join_all((0..6).map(|_| generate("first", 20))).await;
    for reply in &replies {
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        assert_eq!(reply.text, replies[0].text, "all have the same codes");
    }
    let replayed = |header: Option<&str>| header == Some("true");
    let new = replies
        .iter()
        .filter(|reply| !replayed(reply.header("idempotency-replayed")));
    assert_eq!(new.count(), 1);
    assert_eq!(setup.view().await["seatsReserved"], 20);
    let other = generate("first", 21).await;
    assert_eq!(other.problem(), "idempotency-key-reused", "{}", other.text);
    let second = generate("second", 20).await;
    assert_eq!(second.status, StatusCode::CREATED, "{}", second.text);
    assert_eq!(second.json()["items"].as_array().unwrap().len(), 20);
    assert_eq!(setup.view().await["seatsReserved"], 40);
    app.assert_seat_invariant().await;
}

async fn a_code_of_a_division_that_was_removed_is_used_in_any(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    let divisions = format!("/api/v1/competitions/{}/divisions", setup.competition.id);
    let mut ids = Vec::new();
    for name in ["Elite", "Open"] {
        let added = setup
            .organizer
            .post_json(&divisions, &json!({ "name": name }))
            .await;
        ids.push(added.json()["id"].as_str().unwrap().to_owned());
    }
    let (elite, open) = (&ids[0], &ids[1]);
    setup
        .code(
            json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 2, "divisionId": elite }),
        )
        .await;
    let body = json!({ "code": "FRIENDS", "divisionId": open });
    let (_, reply) = setup.arrive(body.clone()).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let remove = setup
        .organizer
        .request(Method::DELETE, &format!("{divisions}/{elite}"));
    let removed = setup.organizer.send(remove).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.text);
    let (_, reply) = setup.arrive(body).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn the_first_code_and_the_loss_of_the_last_reach_open_pages(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    let id = setup.competition.id;
    let versions = async || {
        let row = competition::Entity::find_by_id(id);
        let row = row.one(app.database().read()).await.unwrap().unwrap();
        (row.edited_at_version, row.version)
    };
    let code = |code: &str| json!({ "code": code, "kind": "ELIGIBILITY", "maxUses": 1 });
    let first = setup.code(code("FRIENDS")).await;
    let (edited, version) = versions().await;
    assert_eq!(edited, version, "open pages are read again");
    let second = setup.code(code("SPONSORS")).await;
    assert_eq!(setup.remove(&first).await.status, StatusCode::NO_CONTENT);
    assert_eq!(versions().await.0, edited, "they have the field already");
    assert_eq!(setup.remove(&second).await.status, StatusCode::NO_CONTENT);
    let (last, version) = versions().await;
    assert!(last > edited && last == version, "and lose it");
}
