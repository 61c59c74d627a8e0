//! Addresses of accounts: which of them count for domains and personal codes, and what their deletion leaves.

use mini_compete::{
    domain::Actor,
    model::{Role, UserView},
    store::entity::code,
};
use reqwest::{Method, StatusCode};
use sea_orm::EntityTrait;
use serde_json::json;

use super::{Setup, assert_refused, assert_registered, with_code};
use crate::{
    harness::{App, Client, FakeSmtpServer, PASSWORD, spawn_mailing_app},
    on_both_backends, on_both_backends_with,
};

on_both_backends!(
    without_an_smtp_server_an_address_counts_without_a_confirmation,
    a_stranger_who_deletes_an_account_takes_no_code_away,
    a_code_of_a_deleted_account_stays_for_nobody,
);

on_both_backends_with!(
    spawn_mailing_app:
    with_an_smtp_server_only_confirmed_addresses_count,
);

/// Signs up with an address, which is not confirmed by that.
async fn sign_up(app: &App, email: &str) -> Client {
    let body = json!({ "name": "Somebody", "email": email, "password": PASSWORD });
    let reply = app.client().post_json("/api/v1/auth/signup", &body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    let token = reply.json()["accessToken"].as_str().unwrap().to_owned();
    app.client().with_token(token)
}

async fn delete_account(client: &Client) {
    let body = json!({ "password": PASSWORD });
    let delete = client.request(Method::DELETE, "/api/v1/me").json(&body);
    let reply = client.send(delete).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
}

/// Lets addresses of a domain register, and hands a code out to one of them.
async fn with_rules(setup: &Setup<'_>) {
    setup.edit(json!({ "emailDomains": ["uni.example"] })).await;
    setup
        .code(json!({ "code": "FOR-ADA", "kind": "ELIGIBILITY", "maxUses": 1, "email": "ada@uni.example" }))
        .await;
}

async fn without_an_smtp_server_an_address_counts_without_a_confirmation(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    with_rules(&setup).await;
    let ada = sign_up(&app, "ada@uni.example").await;
    let reply = setup.register(&ada, "k", with_code("FOR-ADA")).await;
    assert_registered(&reply, "PENDING");
    let bob = sign_up(&app, "bob@uni.example").await;
    assert_registered(&setup.register(&bob, "k", json!({})).await, "PENDING");
    let eve = sign_up(&app, "eve@other.example").await;
    let reply = setup.register(&eve, "k", json!({})).await;
    assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible");
}

async fn with_an_smtp_server_only_confirmed_addresses_count(app: App, _server: FakeSmtpServer) {
    let setup = Setup::new(&app, 9, false).await;
    with_rules(&setup).await;
    for body in [json!({}), with_code("FOR-ADA")] {
        let address = format!("{}@uni.example", uuid::Uuid::now_v7());
        let client = sign_up(&app, &address).await;
        let reply = setup.register(&client, "k", body).await;
        assert_refused(&reply, StatusCode::FORBIDDEN, "email-not-verified");
    }
    let confirmed: UserView = app.account("Grace", Role::Participant).await;
    let client = app
        .client()
        .with_token(app.token(Actor::from(&confirmed)).await);
    setup
        .edit(json!({ "emailDomains": ["example.test"] }))
        .await;
    assert_registered(&setup.register(&client, "k", json!({})).await, "PENDING");
}

async fn only_code(app: &App) -> code::Model {
    let read = app.database().read();
    code::Entity::find().one(read).await.unwrap().unwrap()
}

async fn a_stranger_who_deletes_an_account_takes_no_code_away(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    with_rules(&setup).await;
    let stranger = sign_up(&app, "ada@uni.example").await;
    delete_account(&stranger).await;
    app.run_jobs_with_retries().await;
    assert_eq!(
        only_code(&app).await.email.as_deref(),
        Some("ada@uni.example")
    );
    let ada = sign_up(&app, "ada@uni.example").await;
    let reply = setup.register(&ada, "k", with_code("FOR-ADA")).await;
    assert_registered(&reply, "PENDING");
}

async fn a_code_of_a_deleted_account_stays_for_nobody(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    let ada = app.account("Ada", Role::Participant).await;
    let id = setup
        .code(json!({ "code": "FOR-ADA", "kind": "RESERVED", "maxUses": 1, "email": ada.email }))
        .await;
    let log_in = json!({ "email": ada.email, "password": PASSWORD });
    let session = app.client().post_json("/api/v1/auth/login", &log_in).await;
    let token = session.json()["accessToken"].as_str().unwrap().to_owned();
    delete_account(&app.client().with_token(token)).await;
    app.run_jobs_with_retries().await;
    let left = only_code(&app).await.email.unwrap();
    assert_eq!(left, format!("{}@deleted.invalid", ada.id));
    // The form of the page sends every field again: the code is still for nobody.
    let saved = setup
        .change(&id, json!({ "label": "A guest", "email": left }))
        .await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
    let again = sign_up(&app, &ada.email).await;
    let reply = setup.register(&again, "k", with_code("FOR-ADA")).await;
    assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible");
    app.assert_seat_invariant().await;
}
