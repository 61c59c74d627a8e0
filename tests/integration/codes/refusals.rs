//! Bad input: codes of other competitions, forged, old and guessed ones.

use chrono::TimeDelta;
use futures::FutureExt;
use mini_compete::model::{IdempotencyKey, forms::RegistrationInput};
use reqwest::StatusCode;
use serde_json::json;

use super::{Setup, assert_refused, assert_registered, with_code};
use crate::{
    harness::{App, Backend, spawn_rate_limited_app},
    on_both_backends,
};

on_both_backends!(
    every_wrong_code_is_refused_in_the_same_words,
    codes_without_any_competition_that_takes_them,
);

async fn every_wrong_code_is_refused_in_the_same_words(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    let other = Setup::new(&app, 9, true).await;
    other
        .code(json!({ "code": "ELSEWHERE", "kind": "RESERVED", "maxUses": 1 }))
        .await;
    let soon = app.clock.now() + TimeDelta::hours(1);
    setup
        .code(json!({ "code": "EXPIRED", "kind": "ELIGIBILITY", "maxUses": 1, "expiresAt": soon }))
        .await;
    setup
        .code(json!({ "code": "FOR-ADA", "kind": "ELIGIBILITY", "maxUses": 1, "email": "ada@uni.example" }))
        .await;
    let deleted = setup
        .code(json!({ "code": "DELETED", "kind": "RESERVED", "maxUses": 1 }))
        .await;
    assert_eq!(setup.remove(&deleted).await.status, StatusCode::NO_CONTENT);
    app.clock.advance(TimeDelta::hours(1));
    let mut words = Vec::new();
    let long = "A".repeat(500);
    for code in [
        "ELSEWHERE",
        "EXPIRED",
        "FOR-ADA",
        "DELETED",
        "UNKNOWN",
        "x",
        "'; DROP TABLE codes; --",
        "ΩΩΩΩΩΩ",
        &long,
    ] {
        let (_, reply) = setup.arrive(with_code(code)).await;
        assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible");
        words.push(reply.json()["detail"].clone());
    }
    words.dedup();
    assert_eq!(words.len(), 1, "nothing is told apart: {words:?}");
    let (_, reply) = setup.arrive(json!({ "code": 7 })).await;
    assert_eq!(
        reply.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        reply.text
    );
    app.assert_seat_invariant().await;
}

async fn codes_without_any_competition_that_takes_them(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    let (client, reply) = setup.arrive(with_code("FRIENDS")).await;
    assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible");
    let reply = setup.register(&client, "l", json!({ "code": null })).await;
    assert_registered(&reply, "PENDING");
}

/// A client that leaves before the response counts no attempt with a right code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_with_a_right_code_are_not_counted_although_nobody_waits() {
    let app = spawn_rate_limited_app(Backend::Sqlite).await;
    let setup = Setup::new(&app, 9, true).await;
    setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let actor = app.participants(1).await.remove(0);
    let input = RegistrationInput {
        code: Some("friends".to_owned()),
        ..RegistrationInput::default()
    };
    let registrations = &app.services.registrations;
    // More attempts than may fail, and fewer than an account may register.
    for round in 0..3 {
        let keys = (0..14).map(|attempt| format!("{round}-{attempt}"));
        let keys: Vec<_> = keys
            .map(|key| IdempotencyKey::parse(&key).unwrap())
            .collect();
        let register = |key| {
            let (competition, input) = (setup.competition.id, input.clone());
            registrations.register_with(actor, competition, key, input)
        };
        for key in &keys {
            let left = register(key).now_or_never();
            assert!(left.is_none(), "round {round}: {left:?}");
        }
        let last = register(keys.last().unwrap()).await;
        assert!(last.is_ok(), "round {round}: {last:?}");
    }
}

/// Only attempts that fail count: those who have a code may try again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_to_guess_codes_are_limited() {
    let app = spawn_rate_limited_app(Backend::Sqlite).await;
    let setup = Setup::new(&app, 9, true).await;
    setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let client = setup.client().await;
    for attempt in 0..30 {
        let key = format!("k{attempt}");
        let reply = setup
            .register(&client, &key, with_code(&format!("GUESS-{attempt}")))
            .await;
        assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible");
    }
    let reply = setup.register(&client, "right", with_code("FRIENDS")).await;
    assert_refused(&reply, StatusCode::TOO_MANY_REQUESTS, "too-many-requests");
    let other = setup.client().await;
    let reply = setup.register(&other, "k", with_code("FRIENDS")).await;
    let id = assert_registered(&reply, "PENDING");
    assert_eq!(other.cancel(id).await.status, StatusCode::NO_CONTENT);
    // Without a code, registering goes on.
    let reply = setup.register(&client, "none", json!({})).await;
    assert_registered(&reply, "PENDING");
}
