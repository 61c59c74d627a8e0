//! Who may register: a required code, and domains of e-mail addresses.

use mini_compete::{domain::Actor, model::Role, store::entity::user};
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, QueryFilter, prelude::*, sea_query::Expr};
use serde_json::json;

use super::{Setup, assert_refused, assert_registered, with_code};
use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    a_required_code_is_required,
    only_confirmed_addresses_of_the_domains_register,
    a_code_for_one_address_is_for_nobody_else,
    whom_an_organizer_adds_needs_nothing,
);

/// Returns a client of a new account with a confirmed address.
async fn with_address(app: &App, address: &str) -> Client {
    let participant = app.participants(1).await.remove(0);
    user::Entity::update_many()
        .col_expr(user::Column::Email, Expr::value(address))
        .filter(user::Column::Id.eq(participant.id))
        .exec(app.database().write())
        .await
        .unwrap();
    app.client().with_token(app.token(participant).await)
}

async fn a_required_code_is_required(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    setup.edit(json!({ "codeRequired": true })).await;
    let (client, reply) = setup.arrive(json!({})).await;
    assert_refused(&reply, StatusCode::FORBIDDEN, "code-required");
    let blank = setup.register(&client, "l", with_code("  ")).await;
    assert_refused(&blank, StatusCode::FORBIDDEN, "code-required");
    setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let reply = setup.register(&client, "m", with_code("friends")).await;
    assert_registered(&reply, "PENDING");
    assert_eq!(setup.view().await["codeRequired"], true);
}

async fn only_confirmed_addresses_of_the_domains_register(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    setup
        .edit(json!({ "emailDomains": ["uni.example", "other.example", "Uni-Köln.example"] }))
        .await;
    for (address, expected) in [
        ("ada@uni.example", None),
        ("bob@OTHER.example", None),
        ("eve@evil-uni.example", Some("not-eligible")),
        ("eve@sub.uni.example", Some("not-eligible")),
        ("eve@uni.example.evil.test", Some("not-eligible")),
        ("ida@xn--uni-kln-e1a.example", None),
        ("eve@uni-koln.example", Some("not-eligible")),
    ] {
        let client = with_address(&app, address).await;
        let reply = setup.register(&client, "k", json!({})).await;
        match expected {
            None => drop(assert_registered(&reply, "PENDING")),
            Some(problem) => assert_refused(&reply, StatusCode::FORBIDDEN, problem),
        }
    }
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    for wrong in [json!(["localhost"]), json!(["a@b.example"]), json!(0)] {
        let request = setup.organizer.request(Method::PATCH, &path);
        let reply = setup
            .organizer
            .send(request.json(&json!({ "emailDomains": wrong })))
            .await;
        assert_eq!(
            reply.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            reply.text
        );
    }
    setup.edit(json!({ "emailDomains": [] })).await;
    let (_, reply) = setup.arrive(json!({})).await;
    assert_registered(&reply, "PENDING");
}

async fn a_code_for_one_address_is_for_nobody_else(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    setup
        .code(json!({ "code": "FOR-ADA", "kind": "ELIGIBILITY", "maxUses": 1, "email": "Ada@Uni.Example" }))
        .await;
    let (_, reply) = setup.arrive(with_code("FOR-ADA")).await;
    assert_refused(&reply, StatusCode::FORBIDDEN, "not-eligible");
    let ada = with_address(&app, "ada@uni.example").await;
    let reply = setup.register(&ada, "k", with_code("FOR-ADA")).await;
    assert_registered(&reply, "PENDING");
}

async fn whom_an_organizer_adds_needs_nothing(app: App) {
    let setup = Setup::new(&app, 9, false).await;
    setup
        .edit(json!({ "codeRequired": true, "emailDomains": ["uni.example"], "ageMin": 18 }))
        .await;
    let path = format!("/api/v1/competitions/{}/participants", setup.competition.id);
    let guest = app.account("Guest", Role::Participant).await;
    let body = json!({ "email": guest.email, "name": "Guest" });
    let added = setup.organizer.post_json(&path, &body).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let token = app.token(Actor::from(&guest)).await;
    let guest = app.client().with_token(token);
    let id = added.json()["registrationId"].as_str().unwrap().to_owned();
    let reply = guest.get(&format!("/api/v1/registrations/{id}")).await;
    assert_eq!(reply.status, StatusCode::OK);
}
