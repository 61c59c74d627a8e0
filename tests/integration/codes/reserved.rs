//! Seats that are set aside for those who have a code.

use chrono::TimeDelta;
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Setup, assert_refused, assert_registered, with_code};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    seats_are_set_aside_for_those_who_have_the_code,
    seats_of_a_deleted_code_go_to_the_waitlist,
    seats_of_an_expired_code_go_to_the_waitlist_by_themselves,
    a_cancelled_seat_is_set_aside_again,
    no_more_seats_are_set_aside_than_are_free,
    a_code_sets_seats_of_its_division_aside,
    a_rush_beside_seats_that_are_set_aside,
);

fn sponsors(uses: i64) -> Value {
    json!({ "code": "SPONSOR", "kind": "RESERVED", "maxUses": uses })
}

async fn seats_are_set_aside_for_those_who_have_the_code(app: App) {
    let setup = Setup::new(&app, 3, false).await;
    let code = setup.code(sponsors(2)).await;
    let view = setup.view().await;
    assert_eq!(
        (&view["seatsLeft"], &view["seatsReserved"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(view["takesCodes"], true);
    let (_, reply) = setup.arrive(json!({})).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(setup.view().await["phase"], "FULL");
    let (_, reply) = setup.arrive(json!({})).await;
    assert_refused(&reply, StatusCode::CONFLICT, "competition-full");
    for _ in 0..2 {
        let (_, reply) = setup.arrive(with_code("sponsor")).await;
        assert_registered(&reply, "PENDING");
    }
    let (_, reply) = setup.arrive(with_code("sponsor")).await;
    assert_refused(&reply, StatusCode::CONFLICT, "code-used-up");
    assert_eq!(setup.uses(&code).await, 2);
    assert_eq!(app.assert_seat_invariant().await, 3);
}

async fn seats_of_a_deleted_code_go_to_the_waitlist(app: App) {
    let setup = Setup::new(&app, 3, true).await;
    let code = setup.code(sponsors(2)).await;
    let (_, reply) = setup.arrive(with_code("SPONSOR")).await;
    assert_registered(&reply, "PENDING");
    let (_, reply) = setup.arrive(json!({})).await;
    assert_registered(&reply, "PENDING");
    let (waiting, reply) = setup.arrive(json!({})).await;
    let id = assert_registered(&reply, "WAITLISTED");
    assert_eq!(setup.remove(&code).await.status, StatusCode::NO_CONTENT);
    let path = format!("/api/v1/registrations/{id}");
    assert_eq!(waiting.get(&path).await.json()["status"], "PENDING");
    assert_eq!(setup.remove(&code).await.status, StatusCode::NOT_FOUND);
    let (_, reply) = setup.arrive(with_code("SPONSOR")).await;
    assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible");
    assert_eq!(app.assert_seat_invariant().await, 3);
    // The word is free again.
    setup.edit(json!({ "capacity": 4 })).await;
    setup.code(sponsors(1)).await;
    app.assert_seat_invariant().await;
}

async fn seats_of_an_expired_code_go_to_the_waitlist_by_themselves(app: App) {
    let setup = Setup::new(&app, 2, true).await;
    // Within the life of the organizer's token.
    let expires_at = app.clock.now() + TimeDelta::minutes(10);
    let code =
        json!({ "code": "SPONSOR", "kind": "RESERVED", "maxUses": 2, "expiresAt": expires_at });
    let id = setup.code(code).await;
    let (waiting, reply) = setup.arrive(json!({})).await;
    let registration = assert_registered(&reply, "WAITLISTED");
    let path = format!("/api/v1/registrations/{registration}");
    app.clock.advance(TimeDelta::minutes(9));
    app.run_scheduled_tasks().await;
    assert_eq!(waiting.get(&path).await.json()["status"], "WAITLISTED");
    app.clock.advance(TimeDelta::minutes(1));
    app.run_scheduled_tasks().await;
    assert_eq!(waiting.get(&path).await.json()["status"], "PENDING");
    let (_, reply) = setup.arrive(with_code("SPONSOR")).await;
    assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible");
    app.assert_seat_invariant().await;
    // What has come back is set aside again if the code lives longer, as far as seats are free.
    let later = app.clock.now() + TimeDelta::hours(1);
    let longer = setup.change(&id, json!({ "expiresAt": later })).await;
    assert_eq!(
        longer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        longer.text
    );
    let fewer = setup
        .change(&id, json!({ "expiresAt": later, "maxUses": 1 }))
        .await;
    assert_eq!(fewer.status, StatusCode::OK, "{}", fewer.text);
    let (_, reply) = setup.arrive(json!({})).await;
    assert_registered(&reply, "WAITLISTED");
    let (_, reply) = setup.arrive(with_code("SPONSOR")).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn a_cancelled_seat_is_set_aside_again(app: App) {
    let setup = Setup::new(&app, 1, true).await;
    setup.code(sponsors(1)).await;
    let (holder, reply) = setup.arrive(with_code("SPONSOR")).await;
    let id = assert_registered(&reply, "PENDING");
    let (waiting, reply) = setup.arrive(json!({})).await;
    let queued = assert_registered(&reply, "WAITLISTED");
    assert_eq!(holder.cancel(id).await.status, StatusCode::NO_CONTENT);
    let path = format!("/api/v1/registrations/{queued}");
    assert_eq!(waiting.get(&path).await.json()["status"], "WAITLISTED");
    let (_, reply) = setup.arrive(with_code("SPONSOR")).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn no_more_seats_are_set_aside_than_are_free(app: App) {
    let setup = Setup::new(&app, 3, false).await;
    let (_, reply) = setup.arrive(json!({})).await;
    assert_registered(&reply, "PENDING");
    let refused = setup.add(sponsors(3)).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    assert_eq!(refused.json()["errors"][0]["field"], "maxUses");
    let id = setup.code(sponsors(2)).await;
    let more = setup.change(&id, json!({ "maxUses": 3 })).await;
    assert_eq!(more.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The capacity can't go below what is taken or set aside.
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    let fewer = setup
        .organizer
        .request(Method::PATCH, &path)
        .json(&json!({ "capacity": 2 }));
    assert_eq!(
        setup.organizer.send(fewer).await.status,
        StatusCode::CONFLICT
    );
    let one = setup
        .change(&id, json!({ "maxUses": 1, "label": "Two of them" }))
        .await;
    assert_eq!(
        (one.status, &one.json()["label"]),
        (StatusCode::OK, &json!("Two of them"))
    );
    assert_eq!(setup.view().await["seatsLeft"], 1);
    app.assert_seat_invariant().await;
}

async fn a_code_sets_seats_of_its_division_aside(app: App) {
    let setup = Setup::new(&app, 10, false).await;
    let ids = setup.two_divisions().await;
    let (a, b) = (&ids[0], &ids[1]);
    setup
        .code(json!({ "code": "ELITE-A", "kind": "RESERVED", "maxUses": 1, "divisionId": a }))
        .await;
    let (_, reply) = setup.arrive(json!({ "divisionId": a })).await;
    assert_registered(&reply, "PENDING");
    let (_, reply) = setup.arrive(json!({ "divisionId": a })).await;
    assert_refused(&reply, StatusCode::CONFLICT, "division-full");
    let (_, reply) = setup
        .arrive(json!({ "divisionId": b, "code": "ELITE-A" }))
        .await;
    assert_eq!(
        reply.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        reply.text
    );
    assert_eq!(reply.json()["errors"][0]["field"], "divisionId");
    // The code says which division it is.
    let (_, reply) = setup.arrive(with_code("elite a")).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(reply.json()["divisionId"], **a);
    let path = format!("{}/{a}", setup.divisions());
    let remove = setup.organizer.request(Method::DELETE, &path);
    assert_eq!(
        setup.organizer.send(remove).await.status,
        StatusCode::CONFLICT
    );
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn a_rush_beside_seats_that_are_set_aside(app: App) {
    let setup = Setup::new(&app, 60, true).await;
    setup.code(sponsors(20)).await;
    let clients = setup.clients(200).await;
    let rush = clients.iter().enumerate().map(|(number, client)| {
        // Each fifth has the code, and each tenth of all gives the seat back at once.
        let body = match number % 5 {
            0 => with_code("SPONSOR"),
            _ => json!({}),
        };
        let setup = &setup;
        async move {
            let reply = setup.register(client, "k", body).await;
            if number % 10 == 1 && reply.status == StatusCode::CREATED {
                let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
                assert_eq!(client.cancel(id).await.status, StatusCode::NO_CONTENT);
            }
            (number, reply)
        }
    });
    let mut with_seat = 0;
    for (number, reply) in join_all(rush).await {
        if number % 5 != 0 {
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        } else if reply.status == StatusCode::CREATED {
            assert_eq!(
                reply.json()["status"],
                "PENDING",
                "nobody waits with the code"
            );
            with_seat += 1;
        } else {
            assert_refused(&reply, StatusCode::CONFLICT, "code-used-up");
        }
    }
    assert_eq!(with_seat, 20);
    assert_eq!(app.assert_seat_invariant().await, 60);
}
