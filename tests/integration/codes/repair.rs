//! The check and the repair of the counters of codes.

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, registration::SeatDrift},
    model::Role,
};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{Setup, assert_registered, with_code};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    wrong_counters_of_codes_are_found_and_repaired,
    a_code_with_too_many_registrations_may_have_so_many_after_the_repair,
    seats_that_can_not_be_set_aside_stop_no_other_repair,
);

/// Runs the check, and returns the number of competitions whose counters are wrong.
async fn wrong(app: &App) -> Option<u64> {
    app.clock.advance(TimeDelta::minutes(1));
    assert!(app.run_scheduled_tasks().await.contains(&"seat-drift"));
    let drift = SeatDrift::new(app.database().clone());
    let wrong = drift.wrong_competitions().await.unwrap();
    wrong.map(|wrong| wrong as u64)
}

/// Returns the number of competitions that are repaired, and of those that are left.
async fn repair(app: &App) -> (u64, u64) {
    let name = format!("Administrator {}", uuid::Uuid::now_v7());
    let admin = app.account(&name, Role::Admin).await;
    let repair = &app.services.seat_repair;
    let repaired = repair.repair(Actor::from(&admin)).await.unwrap();
    (repaired.repaired, repaired.left)
}

async fn execute(app: &App, sql: &str) {
    let write = app.database().write();
    write.execute_unprepared(sql).await.unwrap();
}

async fn wrong_counters_of_codes_are_found_and_repaired(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    setup
        .code(json!({ "code": "SPONSOR", "kind": "RESERVED", "maxUses": 3 }))
        .await;
    let (_, reply) = setup.arrive(with_code("SPONSOR")).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(wrong(&app).await, Some(0));
    for sql in [
        "UPDATE codes SET uses = uses + 1",
        "UPDATE competitions SET seats_reserved = seats_reserved - 1 WHERE code_count > 0",
        "UPDATE competitions SET code_count = 5 WHERE code_count > 0",
    ] {
        execute(&app, sql).await;
        assert_eq!(wrong(&app).await, Some(1), "{sql}");
        assert_eq!(repair(&app).await, (1, 0), "{sql}");
        assert_eq!(wrong(&app).await, Some(0), "{sql}");
        app.assert_seat_invariant().await;
    }
}

async fn a_code_with_too_many_registrations_may_have_so_many_after_the_repair(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    let code = setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let (_, reply) = setup.arrive(with_code("FRIENDS")).await;
    assert_registered(&reply, "PENDING");
    let (_, reply) = setup.arrive(json!({})).await;
    assert_registered(&reply, "PENDING");
    execute(
        &app,
        "UPDATE registrations SET code_id = (SELECT id FROM codes)",
    )
    .await;
    assert_eq!(wrong(&app).await, Some(1));
    assert_eq!(repair(&app).await, (1, 0));
    assert_eq!(wrong(&app).await, Some(0));
    assert_eq!(setup.uses(&code).await, 2);
    app.assert_seat_invariant().await;
}

async fn seats_that_can_not_be_set_aside_stop_no_other_repair(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    let ids = setup.two_divisions().await;
    let reserved =
        json!({ "code": "ELITE-A", "kind": "RESERVED", "maxUses": 2, "divisionId": ids[0] });
    setup.code(reserved).await;
    let (_, reply) = setup.arrive(json!({ "divisionId": ids[1] })).await;
    assert_registered(&reply, "PENDING");
    let other = Setup::new(&app, 9, true).await;
    // Somebody has a seat that is set aside, and another competition is wrong as well.
    execute(
        &app,
        "UPDATE registrations SET division_id = (SELECT id FROM divisions WHERE name = 'A')",
    )
    .await;
    let id = other.competition.id;
    let code = json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 });
    other.code(code).await;
    execute(
        &app,
        "UPDATE codes SET uses = 1 WHERE label = '' AND kind = 'ELIGIBILITY'",
    )
    .await;
    assert_eq!(wrong(&app).await, Some(2), "{id}");
    assert_eq!(repair(&app).await, (1, 1));
    assert_eq!(wrong(&app).await, Some(1));
}
