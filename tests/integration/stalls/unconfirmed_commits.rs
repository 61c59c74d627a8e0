//! Commits that take effect although nobody waits for their reply, or it never arrives. What is cached must not
//! outlive them. The clock of these tests stands still, so that what is cached would be used for ever.

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, Role},
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{App, Backend, Client, ReplyLosingProxy, Storage, spawn_app_with, wait_until};

/// Starts an application behind a proxy that can lose replies.
async fn app() -> (App, ReplyLosingProxy) {
    let mut storage = Storage::create(Backend::Postgres).await;
    let proxy = ReplyLosingProxy::in_front_of(&storage.database_url).await;
    storage.database_url = proxy.url(&storage.database_url);
    (spawn_app_with(storage, &[]).await, proxy)
}

fn path(competition: &CompetitionView) -> String {
    format!("/api/v1/competitions/{}", competition.id)
}

async fn owner(app: &App, competition: &CompetitionView) -> Client {
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    app.client().with_token(app.token(organizer).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_is_in_the_next_page_although_the_reply_to_its_commit_was_lost() {
    let (app, proxy) = app().await;
    let competition = app.competition(5, false).await;
    let participant = app.participants(1).await[0];
    let client = app.client().with_token(app.token(participant).await);
    let anonymous = app.client();
    let path = path(&competition);
    assert_eq!(anonymous.get(&path).await.json()["seatsLeft"], 5);

    let mut commit = proxy.lose_reply_to_next_commit().await;
    commit.close();
    let reply = client.register(competition.id, "key").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    commit.committed().await;
    assert_eq!(anonymous.get(&path).await.json()["seatsLeft"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_in_the_next_page_although_its_client_has_disconnected() {
    let (app, proxy) = app().await;
    let competition = app.competition(5, false).await;
    let owner = owner(&app, &competition).await;
    let anonymous = app.client();
    let path = path(&competition);

    assert_ne!(anonymous.get(&path).await.json()["organizerName"], "Marta");
    let rename = owner.request(Method::PATCH, "/api/v1/me");
    disconnect_while_committing(&proxy, rename.json(&json!({ "name": "Marta" }))).await;
    wait_until("the new name is shown", || async {
        anonymous.get(&path).await.json()["organizerName"] == "Marta"
    })
    .await;

    disconnect_while_committing(&proxy, owner.request(Method::DELETE, &path)).await;
    wait_until("the deleted competition is not shown", || async {
        anonymous.get(&path).await.status == StatusCode::NOT_FOUND
    })
    .await;
}

/// Sends a request, and closes its connection when its transaction has been committed and the application does
/// not know it yet.
async fn disconnect_while_committing(proxy: &ReplyLosingProxy, request: reqwest::RequestBuilder) {
    let mut commit = proxy.lose_reply_to_next_commit().await;
    let sending = tokio::spawn(request.send());
    commit.committed().await;
    sending.abort();
    assert!(sending.await.is_err(), "the request has no response");
    commit.close();
}
