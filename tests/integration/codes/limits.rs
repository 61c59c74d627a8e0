//! Limits of codes: never passed, and no use is lost or counted twice.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use super::{Setup, assert_refused, assert_registered, with_code};
use crate::{
    harness::{App, Backend, Storage, process::Server, spawn_app_with},
    on_both_backends,
};

on_both_backends!(
    a_use_is_given_back_with_its_registration,
    a_use_counts_on_the_waitlist_and_once_when_it_is_promoted,
    a_repeat_does_not_use_a_code_twice,
    a_thousand_on_the_last_use_of_a_code,
    an_organizer_cancels_many_and_their_uses_come_back,
);

async fn a_use_is_given_back_with_its_registration(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    let code = setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let (first, reply) = setup.arrive(with_code("friends")).await;
    let id = assert_registered(&reply, "PENDING");
    assert_eq!(setup.uses(&code).await, 1);
    let (second, reply) = setup.arrive(with_code("FRIENDS")).await;
    assert_refused(&reply, StatusCode::CONFLICT, "code-used-up");
    assert_eq!(first.cancel(&id).await.status, StatusCode::NO_CONTENT);
    assert_eq!(first.cancel(&id).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        setup.uses(&code).await,
        0,
        "cancelling twice gives back once"
    );
    let again = setup.register(&second, "k", with_code("FRIENDS")).await;
    assert_refused(&again, StatusCode::CONFLICT, "code-used-up");
    let anew = setup.register(&second, "l", with_code("FRIENDS")).await;
    assert_registered(&anew, "PENDING");
    app.assert_seat_invariant().await;
}

async fn a_use_counts_on_the_waitlist_and_once_when_it_is_promoted(app: App) {
    let setup = Setup::new(&app, 1, true).await;
    let code = setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 2 }))
        .await;
    let (first, reply) = setup.arrive(json!({})).await;
    let seat = assert_registered(&reply, "PENDING");
    let (second, reply) = setup.arrive(with_code("FRIENDS")).await;
    let waiting = assert_registered(&reply, "WAITLISTED");
    assert_eq!(setup.uses(&code).await, 1);
    assert_eq!(first.cancel(seat).await.status, StatusCode::NO_CONTENT);
    assert_eq!(setup.uses(&code).await, 1, "a promotion uses nothing more");
    assert_eq!(second.cancel(waiting).await.status, StatusCode::NO_CONTENT);
    assert_eq!(setup.uses(&code).await, 0);
    app.assert_seat_invariant().await;
}

async fn a_repeat_does_not_use_a_code_twice(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    let code = setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 5 }))
        .await;
    let client = setup.client().await;
    let both = join_all((0..8).map(|_| setup.register(&client, "k", with_code("FRIENDS")))).await;
    assert!(both.iter().all(|reply| reply.text == both[0].text));
    assert_eq!(setup.uses(&code).await, 1);
    let other = setup.register(&client, "k", with_code("STRANGERS")).await;
    assert_refused(
        &other,
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
    );
}

async fn a_thousand_on_the_last_use_of_a_code(app: App) {
    let setup = Setup::new(&app, 2_000, false).await;
    let code = setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let clients = setup.clients(1_000).await;
    let replies = join_all(
        clients
            .iter()
            .map(|client| setup.register(client, "k", with_code("FRIENDS"))),
    )
    .await;
    let (got, refused): (Vec<_>, Vec<_>) = replies
        .iter()
        .partition(|reply| reply.status == StatusCode::CREATED);
    assert_eq!((got.len(), refused.len()), (1, 999));
    for reply in refused {
        assert_refused(reply, StatusCode::CONFLICT, "code-used-up");
    }
    assert_eq!(setup.uses(&code).await, 1);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

/// The same on three servers at once, which share PostgreSQL and Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_on_the_last_use_of_a_code_at_several_servers() {
    let storage = Storage::create(Backend::Postgres).await;
    let app = spawn_app_with(storage, &[]).await;
    let setup = Setup::new(&app, 2_000, true).await;
    let code = setup
        .code(json!({ "code": "FRIENDS", "kind": "RESERVED", "maxUses": 3 }))
        .await;
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(Server::start(&app.storage, &[]).await);
    }
    let mut tokens = Vec::new();
    for participant in app.participants(1_000).await {
        tokens.push(app.token(participant).await);
    }
    let replies = join_all(tokens.into_iter().enumerate().map(|(number, token)| {
        let client = servers[number % servers.len()].client().with_token(token);
        let setup = &setup;
        async move { setup.register(&client, "k", with_code("FRIENDS")).await }
    }))
    .await;
    let (got, refused): (Vec<_>, Vec<_>) = replies
        .iter()
        .partition(|reply| reply.status == StatusCode::CREATED);
    assert_eq!(got.len(), 3);
    for reply in refused {
        assert_refused(reply, StatusCode::CONFLICT, "code-used-up");
    }
    assert_eq!(setup.uses(&code).await, 3);
    assert_eq!(app.assert_seat_invariant().await, 3);
}

async fn an_organizer_cancels_many_and_their_uses_come_back(app: App) {
    let setup = Setup::new(&app, 5, true).await;
    let code = setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 7 }))
        .await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        let (_, reply) = setup.arrive(with_code("FRIENDS")).await;
        ids.push(reply.json()["registrationId"].clone());
    }
    assert_eq!(setup.uses(&code).await, 7);
    let path = format!(
        "/api/v1/competitions/{}/registrations/bulk",
        setup.competition.id
    );
    let body = json!({ "action": "CANCEL", "ids": ids[..4] });
    let reply = setup.organizer.post_json(&path, &body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(setup.uses(&code).await, 3);
    assert_eq!(app.assert_seat_invariant().await, 3);
}
