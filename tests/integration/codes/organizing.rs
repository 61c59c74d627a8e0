//! What organizers do with codes: adding, generating, changing, deleting and exporting them.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{Role, StaffRole},
    store::entity::{code, registration},
};
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{Setup, assert_registered, with_code};
use crate::{
    harness::{App, PASSWORD, add_staff},
    on_both_backends,
};

on_both_backends!(
    codes_are_added_within_bounds,
    many_codes_are_generated_all_or_none,
    codes_are_for_those_who_edit_the_competition,
    codes_of_a_deleted_competition_and_account,
    a_copy_has_the_same_conditions_and_no_codes,
);

async fn codes_are_added_within_bounds(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    let past = app.clock.now() - TimeDelta::hours(1);
    for (wrong, field) in [
        (
            json!({ "code": "SHORT", "kind": "ELIGIBILITY", "maxUses": 1 }),
            "code",
        ),
        (
            json!({ "code": "Ümlaut-1", "kind": "ELIGIBILITY", "maxUses": 1 }),
            "code",
        ),
        (json!({ "kind": "ELIGIBILITY", "maxUses": 0 }), "maxUses"),
        (
            json!({ "kind": "ELIGIBILITY", "maxUses": 100_001 }),
            "maxUses",
        ),
        (
            json!({ "kind": "ELIGIBILITY", "maxUses": 1, "email": "nobody" }),
            "email",
        ),
        (
            json!({ "kind": "ELIGIBILITY", "maxUses": 1, "expiresAt": past }),
            "expiresAt",
        ),
        (
            json!({ "kind": "ELIGIBILITY", "maxUses": 1, "label": "x".repeat(81) }),
            "label",
        ),
        (
            json!({ "kind": "ELIGIBILITY", "maxUses": 1, "divisionId": "00000000-0000-7000-8000-000000000001" }),
            "divisionId",
        ),
    ] {
        let reply = setup.add(wrong.clone()).await;
        assert_eq!(
            reply.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong}: {}",
            reply.text
        );
        assert_eq!(reply.json()["errors"][0]["field"], field, "{wrong}");
    }
    let id = setup
        .code(json!({ "code": "look-10", "kind": "ELIGIBILITY", "maxUses": 2 }))
        .await;
    // However it is typed, it is the same.
    let twice = setup
        .add(json!({ "code": "100K1O", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    assert_eq!(
        twice.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        twice.text
    );
    let (_, reply) = setup.arrive(with_code("Look 1O")).await;
    assert_registered(&reply, "PENDING");
    let fewer = setup.change(&id, json!({ "maxUses": 1 })).await;
    assert_eq!(fewer.status, StatusCode::OK);
    let (_, reply) = setup.arrive(with_code("look10")).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    let generated = setup
        .add(json!({ "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let code = generated.json()["code"].as_str().unwrap().to_owned();
    assert_eq!(code.len(), 14, "{code}");
    let (_, reply) = setup.arrive(with_code(&code)).await;
    assert_registered(&reply, "PENDING");
}

async fn many_codes_are_generated_all_or_none(app: App) {
    let setup = Setup::new(&app, 900, true).await;
    let path = format!("{}/generate", setup.path());
    let generate = async |count: i64, kind: &str| {
        let body = json!({ "count": count, "kind": kind, "maxUses": 1, "label": "=1+1" });
        setup.organizer.post_json(&path, &body).await
    };
    assert_eq!(
        generate(0, "ELIGIBILITY").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        generate(1_001, "ELIGIBILITY").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let too_many = generate(901, "RESERVED").await;
    assert_eq!(
        too_many.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        too_many.text
    );
    assert_eq!(setup.organizer.get(&setup.path()).await.json()["total"], 0);
    let all = generate(1_000, "ELIGIBILITY").await;
    assert_eq!(all.status, StatusCode::CREATED, "{}", all.text);
    assert_eq!(all.json()["items"].as_array().unwrap().len(), 1_000);
    let reserved = generate(900, "RESERVED").await;
    assert_eq!(reserved.status, StatusCode::CREATED, "{}", reserved.text);
    assert_eq!(setup.view().await["seatsLeft"], 0);
    let page = setup
        .organizer
        .get(&format!("{}?page=2&perPage=100", setup.path()))
        .await;
    let page = page.json();
    assert_eq!(
        (&page["total"], page["items"].as_array().unwrap().len()),
        (&json!(1_900), 100)
    );
    let request = setup
        .organizer
        .request(Method::GET, &setup.path())
        .header("accept", "text/csv");
    let file = setup.organizer.send(request).await;
    assert_eq!(file.text.lines().count(), 1_901);
    assert!(
        file.text.contains(",'=1+1,RESERVED,1,0,"),
        "{}",
        &file.text[..300]
    );
    let first = reserved.json()["items"][0]["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, reply) = setup.arrive(with_code(&first)).await;
    assert_registered(&reply, "PENDING");
    app.assert_seat_invariant().await;
}

async fn codes_are_for_those_who_edit_the_competition(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    let id = setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let other = Setup::new(&app, 9, true).await;
    // A code is found below its competition only.
    let path = format!("{}/{id}", other.path());
    let remove = other.organizer.request(Method::DELETE, &path);
    assert_eq!(
        other.organizer.send(remove).await.status,
        StatusCode::NOT_FOUND
    );
    let path = format!("{}/{id}", setup.path());
    let remove = other.organizer.request(Method::DELETE, &path);
    assert_eq!(
        other.organizer.send(remove).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        other.organizer.get(&setup.path()).await.status,
        StatusCode::FORBIDDEN
    );
    for (role, status) in [
        (StaffRole::Editor, StatusCode::OK),
        (StaffRole::Viewer, StatusCode::FORBIDDEN),
        (StaffRole::CheckIn, StatusCode::FORBIDDEN),
    ] {
        let member = app.account(&format!("{role}"), Role::Participant).await;
        add_staff(&app, setup.competition.id, member.id, role).await;
        let token = app.token(Actor::from(&member)).await;
        let client = app.client().with_token(token);
        assert_eq!(client.get(&setup.path()).await.status, status, "{role}");
    }
}

async fn codes_of_a_deleted_competition_and_account(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    let member = app.account("Ada", Role::Participant).await;
    setup
        .code(json!({ "code": "FOR-ADA", "kind": "RESERVED", "maxUses": 1, "email": member.email }))
        .await;
    let log_in = json!({ "email": member.email, "password": PASSWORD });
    let session = app.client().post_json("/api/v1/auth/login", &log_in).await;
    let token = session.json()["accessToken"].as_str().unwrap().to_owned();
    let client = app.client().with_token(token);
    let reply = setup.register(&client, "k", with_code("FOR-ADA")).await;
    assert_registered(&reply, "PENDING");
    let export = client.get("/api/v1/me/export").await.json();
    assert_eq!(export["registrations"][0]["code"], "FOR-ADA");
    let delete = client
        .request(Method::DELETE, "/api/v1/me")
        .json(&json!({ "password": PASSWORD }));
    let reply = client.send(delete).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    app.run_jobs_with_retries().await;
    let row = code::Entity::find()
        .one(app.database().read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.uses, 0, "the seat is set aside again");
    app.assert_seat_invariant().await;
    let (_, reply) = setup.arrive(with_code("FOR-ADA")).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text);
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    let delete = setup.organizer.request(Method::DELETE, &path);
    assert_eq!(
        setup.organizer.send(delete).await.status,
        StatusCode::NO_CONTENT
    );
    app.run_jobs_with_retries().await;
    let read = app.database().read();
    assert_eq!(code::Entity::find().count(read).await.unwrap(), 0);
    assert_eq!(registration::Entity::find().count(read).await.unwrap(), 0);
}

async fn a_copy_has_the_same_conditions_and_no_codes(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    setup
        .edit(json!({ "codeRequired": true, "emailDomains": ["uni.example"], "ageMin": 18 }))
        .await;
    setup
        .code(json!({ "code": "FRIENDS", "kind": "RESERVED", "maxUses": 3 }))
        .await;
    let path = format!("/api/v1/competitions/{}/duplicate", setup.competition.id);
    let copy: Value = setup.organizer.post_json(&path, &json!({})).await.json();
    assert_eq!(copy["codeRequired"], true);
    assert_eq!(copy["emailDomains"], json!(["uni.example"]));
    assert_eq!(
        (&copy["ageMin"], &copy["seatsLeft"]),
        (&json!(18), &json!(9))
    );
    assert!(copy.get("takesCodes").is_none());
}
