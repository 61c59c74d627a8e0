//! Check-in on devices without a network: what they need, and what becomes of their scans later.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{Role, ticket_number},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Setup;
use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_device_gets_everybody_with_a_seat_and_recognizes_their_tickets,
    scans_from_before_count_by_the_earliest_time_in_whichever_order_they_arrive,
    scans_can_be_sent_again_with_the_same_results,
    a_scan_from_before_an_undoing_has_no_effect,
    each_scan_of_a_batch_has_a_result_of_its_own,
    the_time_of_a_scan_is_bounded,
);

/// Returns who is in the list of a device.
async fn list(setup: &Setup) -> Vec<Value> {
    let reply = setup
        .helper
        .api
        .get(&setup.path("/check-ins/offline"))
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    reply.json()["items"].as_array().unwrap().clone()
}

async fn a_device_gets_everybody_with_a_seat_and_recognizes_their_tickets(app: App) {
    let setup = Setup::new(&app, 2, &["Ada", "Bob", "Walt"]).await;
    setup.scan(&setup.people[1].code).await;
    let list = list(&setup).await;
    let mut names: Vec<_> = list
        .iter()
        .map(|entry| entry["userName"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["Ada", "Bob"], "who waits has no seat");
    for ticket in &setup.people[..2] {
        let id = ticket.registration.to_string();
        let entry = list
            .iter()
            .find(|entry| entry["registrationId"] == id)
            .unwrap();
        let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(&ticket.code)[..16]);
        assert_eq!(
            entry["codeHash"], hash,
            "the hash of the code of the ticket"
        );
        assert_eq!(entry["ticketNumber"], ticket_number(ticket.registration));
        assert_eq!(
            entry["checkedInAt"].is_string(),
            ticket.holder.name == "Bob"
        );
        assert!(
            !list
                .iter()
                .any(|entry| entry.to_string().contains(&ticket.code)),
            "no code"
        );
    }
    let reply = setup
        .helper
        .api
        .get(&setup.path("/check-ins/offline"))
        .await
        .json();
    assert_eq!(reply["complete"], true);
    assert_eq!(
        reply["serverTime"].as_str().unwrap().parse(),
        Ok(app.clock.now())
    );
}

async fn scans_from_before_count_by_the_earliest_time_in_whichever_order_they_arrive(app: App) {
    let setup = Setup::new(&app, 5, &["Ada", "Bob"]).await;
    let [ada, bob] = [0, 1].map(|n| setup.people[n].code.as_str());
    let now = app.clock.now();
    let ago = |minutes| now - TimeDelta::minutes(minutes);
    assert_eq!(setup.scan(ada).await.json()["first"], true);
    let merged = setup.send("tent", &[(ada, ago(30)), (bob, ago(20))]).await;
    assert_eq!(
        merged[0]["checkIn"]["first"], true,
        "it was earlier: {merged:?}"
    );
    assert_eq!(
        merged[0]["checkIn"]["checkedInAt"]
            .as_str()
            .unwrap()
            .parse(),
        Ok(ago(30))
    );
    let later = setup.send("gate", &[(ada, ago(10)), (bob, ago(25))]).await;
    assert_eq!(later[0]["checkIn"]["first"], false);
    assert_eq!(
        later[0]["checkIn"]["checkedInAt"].as_str().unwrap().parse(),
        Ok(ago(30))
    );
    assert_eq!(later[1]["checkIn"]["first"], true);
    assert_eq!(setup.counter().await, "2 of 2 checked in");
    let repeat = setup.scan(bob).await.json();
    assert_eq!(repeat["checkedInAt"].as_str().unwrap().parse(), Ok(ago(25)));
}

async fn scans_can_be_sent_again_with_the_same_results(app: App) {
    let setup = Setup::new(&app, 5, &["Ada", "Bob"]).await;
    let [ada, bob] = [0, 1].map(|n| setup.people[n].code.as_str());
    let ago = |minutes| app.clock.now() - TimeDelta::minutes(minutes);
    // The device has scanned one of them twice, in any order.
    let scans = [
        (ada, ago(9)),
        (bob, ago(8)),
        (ada, ago(12)),
        ("forged", ago(7)),
    ];
    let first = setup.send("tent", &scans).await;
    let again = setup.send("tent", &scans).await;
    assert_eq!(first, again);
    let counts: Vec<_> = first
        .iter()
        .map(|result| result["checkIn"]["first"].as_bool())
        .collect();
    assert_eq!(counts, [Some(false), Some(true), Some(true), None]);
    let other = setup.send("gate", &[(bob, ago(8))]).await;
    assert_eq!(
        other[0]["checkIn"]["first"], false,
        "another device at the same time"
    );
    let history = setup.owner.api.get(&setup.path("/audit")).await.json();
    let events = history["items"].as_array().unwrap();
    let written = events.iter().filter(|event| event["action"] == "CHECK_IN");
    assert_eq!(written.count(), 1, "sending again changes nothing");
}

async fn a_scan_from_before_an_undoing_has_no_effect(app: App) {
    let setup = Setup::new(&app, 5, &["Ada"]).await;
    let ada = &setup.people[0];
    let ago = |minutes| app.clock.now() - TimeDelta::minutes(minutes);
    setup.scan(&ada.code).await;
    setup.undo(ada.registration).await;
    let old = setup.send("tent", &[(&ada.code, ago(5))]).await;
    assert_eq!(old[0]["checkIn"], Value::Null);
    assert_eq!(old[0]["problem"]["type"], "/problems/check-in-undone");
    assert_eq!(setup.counter().await, "0 of 1 checked in");
    app.clock.advance(TimeDelta::minutes(10));
    let new = app.clock.now() - TimeDelta::minutes(2);
    let after = setup.send("tent", &[(&ada.code, new)]).await;
    assert_eq!(after[0]["checkIn"]["first"], true, "{after:?}");
    // Still not, although there is a check-in again.
    let old = setup
        .send("gate", &[(&ada.code, new - TimeDelta::minutes(20))])
        .await;
    assert_eq!(old[0]["checkIn"]["first"], false);
    assert_eq!(
        old[0]["checkIn"]["checkedInAt"].as_str().unwrap().parse(),
        Ok(new)
    );
}

async fn each_scan_of_a_batch_has_a_result_of_its_own(app: App) {
    let setup = Setup::new(&app, 1, &["Ada", "Walt"]).await;
    let now = app.clock.now();
    let waiting = setup.people[1].registration.to_string();
    let results = setup
        .send(
            "tent",
            &[
                ("nonsense", now),
                (&setup.people[0].code, now),
                (&waiting, now),
                ("", now),
            ],
        )
        .await;
    let told: Vec<_> = results
        .iter()
        .map(|result| match &result["problem"] {
            Value::Null => result["checkIn"]["userName"].as_str().unwrap(),
            problem => problem["type"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap(),
        })
        .collect();
    assert_eq!(
        told,
        [
            "ticket-invalid",
            "Ada",
            "ticket-waitlisted",
            "invalid-fields"
        ]
    );
    assert_eq!(results[2]["code"], waiting, "each result names its scan");
    let path = setup.path("/check-ins/batch");
    let many: Vec<_> = (0..501).map(|_| json!({ "code": "7K4M-Q2XP" })).collect();
    let refused = setup
        .helper
        .api
        .post_json(&path, &json!({ "scans": many }))
        .await;
    assert_eq!(
        refused.json()["errors"][0]["field"],
        "scans",
        "{}",
        refused.text
    );
    let most = setup
        .helper
        .api
        .post_json(&path, &json!({ "scans": many[..500] }))
        .await;
    assert_eq!(most.json()["items"].as_array().unwrap().len(), 500);
    assert!(setup.send("tent", &[]).await.is_empty());
    // The sentences of problems are in the language of the device.
    let body = json!({ "scans": [{ "code": "nonsense" }] });
    let request = setup.helper.api.request(reqwest::Method::POST, &path);
    let german = request.header("accept-language", "de").json(&body);
    let german = setup.helper.api.send(german).await.json();
    let detail = german["items"][0]["problem"]["detail"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(detail.starts_with("Das ist kein"), "{detail}");
}

async fn the_time_of_a_scan_is_bounded(app: App) {
    let setup = Setup::new(&app, 3, &["Ada"]).await;
    let path = setup.path("/check-ins");
    let now = app.clock.now();
    for at in [now + TimeDelta::minutes(3), now - TimeDelta::days(8)] {
        let body = json!({ "code": setup.people[0].code, "at": at });
        let refused = setup.helper.api.post_json(&path, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            refused.json()["errors"][0]["field"],
            "at",
            "{}",
            refused.text
        );
    }
    let fast = json!({ "code": setup.people[0].code, "at": now + TimeDelta::seconds(90) });
    let checked_in = setup.helper.api.post_json(&path, &fast).await.json();
    assert_eq!(checked_in["checkedInAt"].as_str().unwrap().parse(), Ok(now));
    let stranger = app.account("Sam", Role::Organizer).await;
    let token = app.token(Actor::from(&stranger)).await;
    let forbidden = app
        .client()
        .with_token(token)
        .get(&setup.path("/check-ins/offline"))
        .await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
}
