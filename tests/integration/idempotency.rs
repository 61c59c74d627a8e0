//! Idempotency over HTTP: a repeated request gets the first response, byte for byte.

use std::time::Duration;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionId, IdempotencyKey},
    store::{Database, entity::idempotency_log},
};
use reqwest::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::{
    harness::{
        App, Backend, Client, Reply, Storage, lock_competition_row,
        process::{Server, access_token, token_signer},
        spawn_app, spawn_app_with, wait_for_lock_waiter,
    },
    on_both_backends,
};

on_both_backends!(
    a_repeat_gets_the_same_bytes_and_is_marked_as_replayed,
    a_refusal_is_stored_and_repeated,
    a_stored_response_survives_the_loss_of_every_cache,
    two_accounts_may_use_the_same_key,
    a_key_is_for_one_competition_only,
    quotes_of_a_structured_field_are_not_part_of_the_key,
    a_key_with_quotes_affects_no_other_account,
    an_expired_key_can_be_used_again,
    a_rate_limited_request_stores_no_response,
    a_duplicate_in_flight_waits_for_the_first_and_gets_the_same_response,
);

/// Creates a participant, and returns its API client.
async fn participant(app: &App) -> (Actor, Client) {
    let actor = app.participants(1).await[0];
    (actor, app.client().with_token(app.token(actor).await))
}

/// Asserts that the second response is a replay of the first one.
fn assert_repeats(first: &Reply, again: &Reply) {
    assert_eq!(again.status, first.status);
    assert_eq!(again.text, first.text);
    for name in ["content-type", "location"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
}

async fn a_repeat_gets_the_same_bytes_and_is_marked_as_replayed(app: App) {
    let competition = app.competition(5, false).await.id;
    let (_, client) = participant(&app).await;
    let first = client.register(competition, "k").await;
    assert_eq!(first.status, StatusCode::CREATED);
    // Later changes of the registration do not change the stored response.
    app.run_open_jobs().await;
    let id = first.json()["registrationId"].as_str().unwrap().to_owned();
    client.cancel(id).await;
    assert_repeats(&first, &client.register(competition, "k").await);
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn a_refusal_is_stored_and_repeated(app: App) {
    let competition = app.competition(1, false).await.id;
    let (_, holder) = participant(&app).await;
    let (actor, late) = participant(&app).await;
    let seat = holder.register(competition, "k").await;

    let full = late.register(competition, "full").await;
    assert_eq!(full.problem(), "competition-full");
    let twice = holder.register(competition, "twice").await;
    assert_eq!(twice.problem(), "already-registered");
    let nowhere = late.register(CompetitionId::new(), "nowhere").await;
    assert_eq!(nowhere.problem(), "not-found");

    let id = seat.json()["registrationId"].as_str().unwrap().to_owned();
    assert_eq!(holder.cancel(id).await.status, StatusCode::NO_CONTENT);
    assert_repeats(&full, &late.register(competition, "full").await);
    assert_repeats(&twice, &holder.register(competition, "twice").await);
    // A new key gets a new outcome.
    let new = late.register(competition, "new").await;
    assert_eq!(new.status, StatusCode::CREATED);

    app.clock.advance(TimeDelta::days(8));
    let late = app.client().with_token(app.token(actor).await);
    let closed = late.register(app.competition(1, false).await.id, "x").await;
    assert_eq!(closed.status, StatusCode::CREATED);
    let closed = late.register(competition, "closed").await;
    assert_eq!(closed.problem(), "already-registered");
    let (_, other) = participant(&app).await;
    let closed = other.register(competition, "closed").await;
    assert_eq!(closed.problem(), "registration-closed");
    assert_repeats(&closed, &other.register(competition, "closed").await);
}

/// Restarts the application with an empty Redis.
async fn without_caches(app: App) -> App {
    let mut storage = app.shut_down().await;
    storage.redis_prefix.push_str("-again");
    spawn_app_with(storage, &[]).await
}

async fn a_stored_response_survives_the_loss_of_every_cache(app: App) {
    let competition = app.competition(1, true).await.id;
    let (actor, client) = participant(&app).await;
    let (other, _) = participant(&app).await;
    let first = client.register(competition, "k").await;
    let waitlisted = app.client().with_token(app.token(other).await);
    let waitlisted = waitlisted.register(competition, "k").await;

    let app = without_caches(app).await;
    let client = app.client().with_token(app.token(actor).await);
    assert_repeats(&first, &client.register(competition, "k").await);
    let client = app.client().with_token(app.token(other).await);
    assert_repeats(&waitlisted, &client.register(competition, "k").await);
}

async fn two_accounts_may_use_the_same_key(app: App) {
    let competition = app.competition(5, false).await.id;
    let (one, first) = participant(&app).await;
    let (other, second) = participant(&app).await;
    for (actor, client) in [(one, first), (other, second)] {
        let reply = client.register(competition, "the-same").await;
        assert_eq!(reply.header("idempotency-replayed"), None);
        assert_eq!(reply.json()["userId"], actor.id.to_string());
    }
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn a_key_is_for_one_competition_only(app: App) {
    let one = app.competition(5, false).await.id;
    let other = app.competition(5, false).await.id;
    let (_, client) = participant(&app).await;
    let (first, second) = tokio::join!(client.register(one, "k"), client.register(other, "k"));
    let (competition, refused, accepted) = match first.status {
        StatusCode::CREATED => (one, second, first),
        _ => (other, first, second),
    };
    assert_eq!(accepted.status, StatusCode::CREATED);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.problem(), "idempotency-key-reused");
    assert_repeats(&accepted, &client.register(competition, "k").await);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn quotes_of_a_structured_field_are_not_part_of_the_key(app: App) {
    let competition = app.competition(5, false).await.id;
    let (_, client) = participant(&app).await;
    let first = client.register(competition, "a-key").await;
    assert_repeats(&first, &client.register(competition, "\"a-key\"").await);
}

async fn a_key_with_quotes_affects_no_other_account(app: App) {
    let competition = app.competition(5, false).await.id;
    let (actor, client) = participant(&app).await;
    let key = r#""\"k\"""#;
    let first = client.register(competition, key).await;
    assert_eq!(first.status, StatusCode::CREATED);

    let app = without_caches(app).await;
    let client = app.client().with_token(app.token(actor).await);
    let (_, other) = participant(&app).await;
    let (again, other_reply) = tokio::join!(
        client.register(competition, key),
        other.register(competition, "k"),
    );
    assert_repeats(&first, &again);
    assert_eq!(other_reply.status, StatusCode::CREATED);
}

async fn an_expired_key_can_be_used_again(app: App) {
    let competition = app.competition(5, false).await.id;
    let (actor, client) = participant(&app).await;
    let first = client.register(competition, "k").await;
    let id = first.json()["registrationId"].as_str().unwrap().to_owned();
    client.cancel(id).await;

    app.clock
        .advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    let client = app.client().with_token(app.token(actor).await);
    assert_repeats(&first, &client.register(competition, "k").await);
    app.clock.advance(TimeDelta::seconds(1));
    let new = client.register(competition, "k").await;
    assert_eq!(new.status, StatusCode::CREATED);
    assert_eq!(new.header("idempotency-replayed"), None);
    assert_ne!(new.text, first.text);
    assert_repeats(&new, &client.register(competition, "k").await);
}

async fn a_rate_limited_request_stores_no_response(app: App) {
    let storage = app.shut_down().await;
    let app = spawn_app_with(storage, &["--rate-limit=on"]).await;
    let competition = app.competition(5, false).await.id;
    let (actor, client) = participant(&app).await;
    let mut accepted = 0;
    let refused = loop {
        let reply = client
            .register(CompetitionId::new(), &format!("k{accepted}"))
            .await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            break reply;
        }
        accepted += 1;
        assert!(accepted < 1_000, "no request is limited");
    };
    assert!(refused.header("retry-after").is_some());
    let limited = client.register(competition, "seat").await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    let stored = idempotency_log::Entity::find().count(app.database.read());
    assert_eq!(stored.await.unwrap(), accepted);
    // When the limit allows it again, the same key gets a seat.
    let storage = app.shut_down().await;
    let app = spawn_app_with(storage, &["--rate-limit=off"]).await;
    let key = IdempotencyKey::parse("seat").unwrap();
    let registrations = &app.services.registrations;
    let reply = registrations.register(actor, competition, &key).await;
    assert_eq!(reply.unwrap().response().status, 201);
}

async fn a_duplicate_in_flight_waits_for_the_first_and_gets_the_same_response(app: App) {
    let competition = app.competition(5, false).await.id;
    let (_, client) = participant(&app).await;
    let lock = lock_competition_row(&app.database, competition).await;
    let register = || {
        let client = client.clone();
        tokio::spawn(async move { client.register(competition, "k").await })
    };
    let (mut first, second) = (register(), register());
    let early = tokio::time::timeout(Duration::from_millis(300), &mut first).await;
    assert!(early.is_err(), "the request waits for the row");
    lock.commit().await.unwrap();
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(first.text, second.text);
    let replayed = [first, second].map(|r| r.header("idempotency-replayed").is_some());
    assert_eq!(replayed.iter().filter(|r| **r).count(), 1);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duplicate_at_another_process_waits_five_seconds_and_gets_retry_after() {
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await.id;
    let actor = app.participants(1).await[0];
    let storage: Storage = app.shut_down().await;
    let (one, other) = tokio::join!(Server::start(&storage, &[]), Server::start(&storage, &[]));
    let database = Database::connect(&storage.database_url.parse().unwrap(), 4)
        .await
        .unwrap();
    let token = access_token(&token_signer(&database), actor);

    let lock = lock_competition_row(&database, competition).await;
    let register = |server: &Server, key: &'static str| {
        let client = server.client().with_token(&token);
        tokio::spawn(async move { client.register(competition, key).await })
    };
    let first = register(&one, "k");
    wait_for_lock_waiter(&database).await;
    let start = std::time::Instant::now();
    let (at_first, at_other) = tokio::join!(register(&one, "k"), register(&other, "k"));
    let waited = start.elapsed();
    for duplicate in [at_first.unwrap(), at_other.unwrap()] {
        assert_eq!(duplicate.status, StatusCode::CONFLICT, "{}", duplicate.text);
        assert_eq!(duplicate.problem(), "request-in-progress");
        assert!(duplicate.header("retry-after").is_some());
        assert_eq!(duplicate.header("idempotency-replayed"), None);
    }
    assert!((4..7).contains(&waited.as_secs()), "{waited:?}");
    lock.commit().await.unwrap();
    let first = first.await.unwrap();
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = register(&other, "k").await.unwrap();
    assert_eq!((again.status, &again.text), (first.status, &first.text));

    // Later, the other process repeats the first response.
    let lock = lock_competition_row(&database, competition).await;
    let first = register(&one, "k2");
    wait_for_lock_waiter(&database).await;
    let at_other = register(&other, "k2");
    lock.commit().await.unwrap();
    let (first, at_other) = (first.await.unwrap(), at_other.await.unwrap());
    assert_eq!(first.problem(), "already-registered");
    assert_eq!((at_other.status, at_other.text), (first.status, first.text));
}
