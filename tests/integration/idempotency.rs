//! Idempotency over HTTP: a repeat gets the first response, byte for byte.

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
    both,
    harness::{
        App, Backend, Client, Place, Reply, hold,
        process::{Server, token, tokens},
        somebody_waits_for_a_lock, spawn_app, spawn_app_with,
    },
};

both!(
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

async fn person(app: &App) -> (Actor, Client) {
    let actor = app.people(1).await[0];
    (actor, app.client().with_token(app.token(actor).await))
}

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
    let (_, client) = person(&app).await;
    let first = client.register(competition, "k").await;
    assert_eq!(first.status, StatusCode::CREATED);
    // Later changes of the registration do not change the stored response.
    app.work_off().await;
    let id = first.json()["registrationId"].as_str().unwrap().to_owned();
    client.cancel(id).await;
    assert_repeats(&first, &client.register(competition, "k").await);
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn a_refusal_is_stored_and_repeated(app: App) {
    let competition = app.competition(1, false).await.id;
    let (_, holder) = person(&app).await;
    let (actor, late) = person(&app).await;
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
    let anew = late.register(competition, "anew").await;
    assert_eq!(anew.status, StatusCode::CREATED);

    app.clock.advance(TimeDelta::days(8));
    let late = app.client().with_token(app.token(actor).await);
    let closed = late.register(app.competition(1, false).await.id, "x").await;
    assert_eq!(closed.status, StatusCode::CREATED);
    let closed = late.register(competition, "closed").await;
    assert_eq!(closed.problem(), "already-registered");
    let (_, other) = person(&app).await;
    let closed = other.register(competition, "closed").await;
    assert_eq!(closed.problem(), "registration-closed");
    assert_repeats(&closed, &other.register(competition, "closed").await);
}

/// Restarts the application with an empty Redis.
async fn without_caches(app: App) -> App {
    let mut place = app.shut_down().await;
    place.redis_prefix.push_str("-again");
    spawn_app_with(place, &[]).await
}

async fn a_stored_response_survives_the_loss_of_every_cache(app: App) {
    let competition = app.competition(1, true).await.id;
    let (actor, client) = person(&app).await;
    let (other, _) = person(&app).await;
    let first = client.register(competition, "k").await;
    let queued = app.client().with_token(app.token(other).await);
    let queued = queued.register(competition, "k").await;

    let app = without_caches(app).await;
    let client = app.client().with_token(app.token(actor).await);
    assert_repeats(&first, &client.register(competition, "k").await);
    let client = app.client().with_token(app.token(other).await);
    assert_repeats(&queued, &client.register(competition, "k").await);
}

async fn two_accounts_may_use_the_same_key(app: App) {
    let competition = app.competition(5, false).await.id;
    let (one, first) = person(&app).await;
    let (other, second) = person(&app).await;
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
    let (_, client) = person(&app).await;
    let (here, there) = tokio::join!(client.register(one, "k"), client.register(other, "k"));
    let (taken, refused, elsewhere) = match here.status {
        StatusCode::CREATED => (one, there, here),
        _ => (other, here, there),
    };
    assert_eq!(elsewhere.status, StatusCode::CREATED);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.problem(), "idempotency-key-reused");
    assert_repeats(&elsewhere, &client.register(taken, "k").await);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn quotes_of_a_structured_field_are_not_part_of_the_key(app: App) {
    let competition = app.competition(5, false).await.id;
    let (_, client) = person(&app).await;
    let first = client.register(competition, "a-key").await;
    assert_repeats(&first, &client.register(competition, "\"a-key\"").await);
}

async fn a_key_with_quotes_affects_no_other_account(app: App) {
    let competition = app.competition(5, false).await.id;
    let (actor, client) = person(&app).await;
    let key = r#""\"k\"""#;
    let first = client.register(competition, key).await;
    assert_eq!(first.status, StatusCode::CREATED);

    let app = without_caches(app).await;
    let client = app.client().with_token(app.token(actor).await);
    let (_, other) = person(&app).await;
    let (again, theirs) = tokio::join!(
        client.register(competition, key),
        other.register(competition, "k"),
    );
    assert_repeats(&first, &again);
    assert_eq!(theirs.status, StatusCode::CREATED);
}

async fn an_expired_key_can_be_used_again(app: App) {
    let competition = app.competition(5, false).await.id;
    let (actor, client) = person(&app).await;
    let first = client.register(competition, "k").await;
    let id = first.json()["registrationId"].as_str().unwrap().to_owned();
    client.cancel(id).await;

    app.clock
        .advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    let client = app.client().with_token(app.token(actor).await);
    assert_repeats(&first, &client.register(competition, "k").await);
    app.clock.advance(TimeDelta::seconds(1));
    let anew = client.register(competition, "k").await;
    assert_eq!(anew.status, StatusCode::CREATED);
    assert_eq!(anew.header("idempotency-replayed"), None);
    assert_ne!(anew.text, first.text);
    assert_repeats(&anew, &client.register(competition, "k").await);
}

async fn a_rate_limited_request_stores_no_response(app: App) {
    let place = app.shut_down().await;
    let app = spawn_app_with(place, &["--rate-limit=on"]).await;
    let competition = app.competition(5, false).await.id;
    let (actor, client) = person(&app).await;
    let mut asked = 0;
    let refused = loop {
        let reply = client
            .register(CompetitionId::new(), &format!("k{asked}"))
            .await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            break reply;
        }
        asked += 1;
        assert!(asked < 1_000, "never too fast");
    };
    assert!(refused.header("retry-after").is_some());
    let turned_away = client.register(competition, "seat").await;
    assert_eq!(turned_away.status, StatusCode::TOO_MANY_REQUESTS);
    let stored = idempotency_log::Entity::find().count(app.database.read());
    assert_eq!(stored.await.unwrap(), asked);
    // When the limit allows it again, the same key gets a seat.
    let place = app.shut_down().await;
    let app = spawn_app_with(place, &["--rate-limit=off"]).await;
    let key = IdempotencyKey::parse("seat").unwrap();
    let registrations = &app.services.registrations;
    let answer = registrations.register(actor, competition, &key).await;
    assert_eq!(answer.unwrap().response().status, 201);
}

async fn a_duplicate_in_flight_waits_for_the_first_and_gets_the_same_response(app: App) {
    let competition = app.competition(5, false).await.id;
    let (_, client) = person(&app).await;
    let held = hold(&app.database, competition).await;
    let ask = || {
        let client = client.clone();
        tokio::spawn(async move { client.register(competition, "k").await })
    };
    let (mut first, second) = (ask(), ask());
    let early = tokio::time::timeout(Duration::from_millis(300), &mut first).await;
    assert!(early.is_err(), "it waits for the row");
    held.commit().await.unwrap();
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
    let actor = app.people(1).await[0];
    let place: Place = app.shut_down().await;
    let (one, other) = tokio::join!(Server::start(&place, &[]), Server::start(&place, &[]));
    let database = Database::connect(&place.database_url.parse().unwrap(), 4)
        .await
        .unwrap();
    let token = token(&tokens(&database), actor);

    let held = hold(&database, competition).await;
    let ask = |server: &Server, key: &'static str| {
        let client = server.client().with_token(&token);
        tokio::spawn(async move { client.register(competition, key).await })
    };
    let first = ask(&one, "k");
    somebody_waits_for_a_lock(&database).await;
    let begun = std::time::Instant::now();
    let (here, there) = tokio::join!(ask(&one, "k"), ask(&other, "k"));
    let waited = begun.elapsed();
    for duplicate in [here.unwrap(), there.unwrap()] {
        assert_eq!(duplicate.status, StatusCode::CONFLICT, "{}", duplicate.text);
        assert_eq!(duplicate.problem(), "request-in-progress");
        assert!(duplicate.header("retry-after").is_some());
        assert_eq!(duplicate.header("idempotency-replayed"), None);
    }
    assert!((4..7).contains(&waited.as_secs()), "{waited:?}");
    held.commit().await.unwrap();
    let first = first.await.unwrap();
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = ask(&other, "k").await.unwrap();
    assert_eq!((again.status, &again.text), (first.status, &first.text));

    // Later, the other process repeats the first response.
    let held = hold(&database, competition).await;
    let first = ask(&one, "k2");
    somebody_waits_for_a_lock(&database).await;
    let there = ask(&other, "k2");
    held.commit().await.unwrap();
    let (first, there) = (first.await.unwrap(), there.await.unwrap());
    assert_eq!(first.problem(), "already-registered");
    assert_eq!((there.status, there.text), (first.status, first.text));
}
