//! API keys of organizers: what they may do, when they end, and how they are shown.

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, accounts::Initiator, rate_limits::RateLimit},
    model::{Role, UserView},
    store::entity::{api_key, audit_event},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, Clients, PASSWORD, Reply, draft_of, set_role, spawn_rate_limited_app},
    on_both_backends,
};

on_both_backends!(
    a_key_does_what_its_scopes_allow_for_its_owner_alone,
    a_key_is_shown_once_and_stored_as_a_hash,
    a_key_reaches_nothing_but_the_listed_operations,
    a_key_ends_with_the_role_the_account_or_its_log_ins,
    a_deleted_key_is_refused_at_once_by_every_process,
    a_key_expires_and_is_removed_later,
    the_use_of_a_key_is_noted_once_a_minute,
    creating_and_deleting_needs_a_recent_log_in_and_is_recorded,
    an_account_has_a_bounded_number_of_keys,
    the_key_of_an_administrator_acts_as_an_organizer,
    keys_are_made_and_deleted_on_the_page,
);

const ALL: [&str; 4] = [
    "COMPETITIONS_READ",
    "COMPETITIONS_WRITE",
    "REGISTRATIONS_READ",
    "ANNOUNCEMENTS_WRITE",
];

async fn api_of(app: &App, account: &UserView) -> Client {
    let token = app.token(Actor::from(account)).await;
    app.client().with_token(token)
}

async fn create(api: &Client, scopes: &[&str]) -> Value {
    let body = json!({ "name": "Club website", "scopes": scopes });
    let reply = api.post_json("/api/v1/api-keys", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

/// Returns a client that sends a new key of an account.
async fn with_key(app: &App, account: &UserView, scopes: &[&str]) -> Client {
    let created = create(&api_of(app, account).await, scopes).await;
    app.client().with_token(created["key"].as_str().unwrap())
}

async fn delete(api: &Client, id: &Value) -> Reply {
    let path = format!("/api/v1/api-keys/{}", id.as_str().unwrap());
    api.send(api.request(Method::DELETE, &path)).await
}

async fn patch(api: &Client, path: &str) -> Reply {
    let request = api.request(Method::PATCH, path);
    api.send(request.json(&json!({ "title": "By a program" })))
        .await
}

async fn a_key_does_what_its_scopes_allow_for_its_owner_alone(app: App) {
    let (olga, other) = (
        app.account("Olga", Role::Organizer).await,
        app.account("Otto", Role::Organizer).await,
    );
    let (own, foreign) = (draft_of(&app, &olga).await, draft_of(&app, &other).await);
    let competition = |id: mini_compete::model::CompetitionId| format!("/api/v1/competitions/{id}");
    let list = format!("{}/registrations", competition(own.id));

    let reader = with_key(&app, &olga, &["COMPETITIONS_READ"]).await;
    assert_eq!(reader.get(&competition(own.id)).await.status, 200);
    assert_eq!(reader.get(&competition(foreign.id)).await.status, 404);
    let mine = reader.get("/api/v1/competitions?mine=true").await;
    assert_eq!(mine.json()["total"], 1, "{}", mine.text);
    assert_eq!(patch(&reader, &competition(own.id)).await.status, 403);
    assert_eq!(reader.get(&list).await.problem(), "forbidden");

    let writer = with_key(&app, &olga, &["COMPETITIONS_WRITE"]).await;
    assert_eq!(patch(&writer, &competition(own.id)).await.status, 200);
    assert_eq!(patch(&writer, &competition(foreign.id)).await.status, 403);
    assert_eq!(writer.get(&competition(own.id)).await.status, 403);

    let registrations = with_key(&app, &olga, &["REGISTRATIONS_READ"]).await;
    assert_eq!(registrations.get(&list).await.status, 200);
    assert_eq!(
        patch(&registrations, &competition(own.id)).await.status,
        403
    );

    let announcer = with_key(&app, &olga, &["ANNOUNCEMENTS_WRITE"]).await;
    let published = app.competition_of(&olga, 5, false).await;
    let path = format!("{}/announcements", competition(published.id));
    let body = json!({ "subject": "Parking", "body": "Use gate 2." });
    assert_eq!(announcer.post_json(&path, &body).await.status, 202);
    assert_eq!(reader.post_json(&path, &body).await.status, 403);
}

async fn a_key_is_shown_once_and_stored_as_a_hash(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let api = api_of(&app, &olga).await;
    let body = json!({ "name": "Club website", "scopes": ["COMPETITIONS_READ"] });
    let reply = api.post_json("/api/v1/api-keys", &body).await;
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let created = reply.json();
    let key = created["key"].as_str().unwrap();
    assert!(key.starts_with("mck_") && key.len() == 44, "{key}");
    assert_eq!(created["start"], key[..12]);
    assert_eq!(created["lastFour"], key[40..]);

    let listed = api.get("/api/v1/api-keys").await;
    assert!(!listed.text.contains(&key[12..40]), "{}", listed.text);
    let items = listed.json()["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["key"], Value::Null);
    assert_eq!(items[0]["lastUsedAt"], Value::Null);
    let row = api_key::Entity::find().one(app.database.read()).await;
    let row = row.unwrap().unwrap();
    for stored in [&row.hash, &row.start, &row.last_four] {
        assert!(!stored.contains(&key[12..40]));
    }

    // Whoever knows what is shown, and even the hash, has no key.
    for wrong in [
        format!("{}{}", &key[..12], "x".repeat(32)),
        row.hash,
        key[..43].to_owned(),
        format!("{key}x"),
    ] {
        let guess = app.client().with_token(&wrong);
        let reply = guess.get("/api/v1/competitions?mine=true").await;
        assert_eq!(reply.status, 401, "{wrong}");
    }
}

async fn a_key_reaches_nothing_but_the_listed_operations(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 5, false).await;
    let client = with_key(&app, &olga, &ALL).await;
    let document = app.client().get("/api/openapi.json").await.json();
    let (mut refused, mut allowed) = (0, 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let ways = operation["security"].as_array();
            let ways: Vec<_> = ways.into_iter().flatten().collect();
            let is_open = ways.iter().any(|way| **way == json!({}));
            if ways.is_empty() || is_open {
                continue;
            }
            let path = path
                .replace("{id}", &competition.id.to_string())
                .replace(['{', '}'], "");
            let method: Method = method.to_uppercase().parse().unwrap();
            let request = client.request(method.clone(), &path);
            let request = request.header("idempotency-key", "a").json(&json!({}));
            let reply = client.send(request).await;
            if ways.iter().any(|way| way.get("apiKey").is_some()) {
                assert_ne!(reply.status, 403, "{method} {path}");
                allowed += 1;
            } else {
                assert_eq!(reply.status, 403, "{method} {path} {}", reply.text);
                refused += 1;
            }
        }
    }
    assert!(refused > 40 && allowed >= 10, "{refused} {allowed}");
    // Pages have sessions only.
    let page = client.get("/organize").await;
    assert!(page.url.contains("/login"), "{}", page.url);
}

async fn a_key_ends_with_the_role_the_account_or_its_log_ins(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let client = with_key(&app, &olga, &ALL).await;
    let status = async || client.get("/api/v1/competitions?mine=true").await.status;
    assert_eq!(status().await, 200);

    set_role(&app, &olga, Role::Participant).await;
    assert_eq!(status().await, 401, "demoted");
    set_role(&app, &olga, Role::Organizer).await;
    assert_eq!(status().await, 200);

    // The owner's own new password keeps what the owner's programs use.
    let api = Clients::log_in(&app, &olga).await.browser;
    let request = api.request(Method::POST, "/api/v1/me/password");
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another horse battery" });
    let request = request.header("sec-fetch-site", "same-origin");
    assert_eq!(api.send(request.json(&body)).await.status, 204);
    assert_eq!(status().await, 200);

    let accounts = &app.services.accounts;
    let operator = Initiator::Operator("cli:test");
    accounts
        .set_disabled(&olga.email, true, operator)
        .await
        .unwrap();
    assert_eq!(status().await, 401, "disabled");
    accounts
        .set_disabled(&olga.email, false, operator)
        .await
        .unwrap();
    assert_eq!(status().await, 401, "the keys of before are gone");
    let rows = api_key::Entity::find().count(app.database.read()).await;
    assert_eq!(rows.unwrap(), 0);
}

async fn a_deleted_key_is_refused_at_once_by_every_process(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let api = api_of(&app, &olga).await;
    let created = create(&api, &["COMPETITIONS_READ"]).await;
    let key = created["key"].as_str().unwrap();
    let here = app.client().with_token(key);
    let other = app.services.api_keys.clone();
    let path = "/api/v1/competitions?mine=true";
    assert_eq!(here.get(path).await.status, 200);
    assert!(other.verify(key).await.is_ok());
    let stranger = api_of(&app, &app.account("Otto", Role::Organizer).await).await;
    assert_eq!(delete(&stranger, &created["id"]).await.status, 404);
    assert_eq!(here.get(path).await.status, 200);
    assert_eq!(delete(&api, &created["id"]).await.status, 204);
    assert_eq!(here.get(path).await.status, 401);
    assert!(other.verify(key).await.is_err());
    assert_eq!(delete(&api, &created["id"]).await.status, 404);
}

async fn a_key_expires_and_is_removed_later(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let api = api_of(&app, &olga).await;
    let expires_at = app.clock.now() + TimeDelta::days(1);
    let body = json!({ "name": "x", "scopes": ["COMPETITIONS_READ"], "expiresAt": expires_at });
    let created = api.post_json("/api/v1/api-keys", &body).await.json();
    let client = app.client().with_token(created["key"].as_str().unwrap());
    let path = "/api/v1/competitions?mine=true";
    assert_eq!(client.get(path).await.status, 200);
    app.clock.advance(TimeDelta::days(1));
    assert_eq!(client.get(path).await.status, 401);
    let count = async || {
        app.run_scheduled_tasks().await;
        api_key::Entity::find()
            .count(app.database.read())
            .await
            .unwrap()
    };
    assert_eq!(count().await, 1, "its owner sees that it has expired");
    app.clock.advance(TimeDelta::days(31));
    assert_eq!(count().await, 0);
}

async fn the_use_of_a_key_is_noted_once_a_minute(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let client = with_key(&app, &olga, &["COMPETITIONS_READ"]).await;
    let used = async || {
        client.get("/api/v1/competitions?mine=true").await;
        let row = api_key::Entity::find().one(app.database.read()).await;
        row.unwrap().unwrap().last_used_at.unwrap()
    };
    let first = used().await;
    app.clock.advance(TimeDelta::seconds(59));
    assert_eq!(used().await, first);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(used().await, first + TimeDelta::minutes(1));
}

async fn creating_and_deleting_needs_a_recent_log_in_and_is_recorded(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let browser = Clients::log_in(&app, &olga).await.browser;
    let send = async |method: Method, path: &str| {
        let body = json!({ "name": "x", "scopes": ["COMPETITIONS_READ"] });
        let request = browser.request(method, path).json(&body);
        browser
            .send(request.header("sec-fetch-site", "same-origin"))
            .await
    };
    let created = send(Method::POST, "/api/v1/api-keys").await;
    assert_eq!(created.status, 201, "{}", created.text);
    let path = format!(
        "/api/v1/api-keys/{}",
        created.json()["id"].as_str().unwrap()
    );
    app.clock.advance(TimeDelta::minutes(16));
    for (method, path) in [(Method::POST, "/api/v1/api-keys"), (Method::DELETE, &*path)] {
        let reply = send(method, path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (401, "recent-login-required")
        );
    }
    let participant = api_of(&app, &app.account("Paul", Role::Participant).await).await;
    assert_eq!(participant.get("/api/v1/api-keys").await.status, 403);
    let again = Clients::log_in(&app, &olga).await.browser;
    let request = again.request(Method::DELETE, &path);
    let request = request.header("sec-fetch-site", "same-origin");
    assert_eq!(again.send(request).await.status, 204);
    let recorded: Vec<_> = audit_event::Entity::find()
        .filter(audit_event::Column::ActorId.eq(olga.id))
        .all(app.database.read())
        .await
        .unwrap();
    let recorded: Vec<_> = recorded.iter().map(|row| row.action.as_str()).collect();
    for action in ["API_KEY_CREATE", "API_KEY_DELETE"] {
        let times = recorded.iter().filter(|one| **one == action).count();
        assert_eq!(times, 1, "{action}");
    }
}

async fn an_account_has_a_bounded_number_of_keys(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let api = api_of(&app, &olga).await;
    let body = json!({ "name": "x", "scopes": ["COMPETITIONS_READ"] });
    let requests = (0..24).map(|_| api.post_json("/api/v1/api-keys", &body));
    let replies = futures::future::join_all(requests).await;
    let count = |status: u16| {
        replies
            .iter()
            .filter(|reply| reply.status == status)
            .count()
    };
    assert_eq!((count(201), count(422)), (20, 4));
    let bad = json!({ "name": " ", "scopes": [], "expiresAt": "2020-01-01T00:00:00Z" });
    let reply = api.post_json("/api/v1/api-keys", &bad).await;
    let errors = reply.json()["errors"].as_array().unwrap().clone();
    let fields: Vec<_> = errors.iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["name", "scopes", "expiresAt"]);
}

async fn the_key_of_an_administrator_acts_as_an_organizer(app: App) {
    let admin = app.account("Ada", Role::Admin).await;
    let foreign = app.competition(5, false).await;
    let own = draft_of(&app, &admin).await;
    let client = with_key(&app, &admin, &ALL).await;
    let path = |id| format!("/api/v1/competitions/{id}/registrations");
    assert_eq!(client.get(&path(own.id)).await.status, 200);
    assert_eq!(client.get(&path(foreign.id)).await.status, 403);
    assert_eq!(client.get("/api/v1/admin/users").await.status, 403);
}

async fn keys_are_made_and_deleted_on_the_page(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let browser = Clients::log_in(&app, &olga).await.browser;
    let page = browser.get("/organize").await;
    assert!(page.text.contains("href=\"/organize/api-keys\""));
    let page = browser.get("/organize/api-keys").await;
    let form = page.form("[data-testid=api-key-form]");
    assert_eq!(form.value("expiresIn"), Some("365"));
    let page = browser
        .submit(&form.clone().fill("name", "Club website"))
        .await;
    assert!(page.find("#scopes-error").is_some(), "{}", page.text);
    let form = page.form("[data-testid=api-key-form]");
    assert_eq!(form.value("name"), Some("Club website"));
    let page = browser.submit(&form.fill("registrationsRead", "on")).await;
    let key = page.find("[data-testid=new-api-key]").unwrap();
    let client = app.client().with_token(&key);
    let own = draft_of(&app, &olga).await;
    let path = format!("/api/v1/competitions/{}/registrations", own.id);
    assert_eq!(client.get(&path).await.status, 200);

    // It stays on the page until it is copied, in this browser only.
    let again = browser.get("/organize/api-keys").await;
    assert_eq!(again.find("[data-testid=new-api-key]"), Some(key.clone()));
    let elsewhere = Clients::log_in(&app, &olga).await.browser;
    let other = elsewhere.get("/organize/api-keys").await;
    assert!(!other.text.contains(&key) && other.text.contains(&key[..12]));
    let page = browser
        .submit(&again.form("form[action='/act/api-key-saved']"))
        .await;
    assert!(!page.text.contains(&key));

    app.clock.advance(TimeDelta::minutes(16));
    let page = browser.get("/organize/api-keys").await;
    assert!(
        page.text
            .contains("/confirm-password?next=%2Forganize%2Fapi-keys")
    );
    let delete = other.form("form[action='/act/delete-api-key']");
    let refused = browser.submit(&delete).await;
    assert!(refused.url.contains("/confirm-password"), "{}", refused.url);
    let confirm = refused.form("[data-testid=confirm-password-form]");
    let page = browser.submit(&confirm.fill("password", PASSWORD)).await;
    let page = browser
        .submit(&page.form("form[action='/act/delete-api-key']"))
        .await;
    assert!(
        page.find("[data-testid=api-key]").is_none(),
        "{}",
        page.text
    );
    assert_eq!(client.get(&path).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_with_a_key_count_as_those_of_its_owner() {
    let app = spawn_rate_limited_app(crate::harness::Backend::Sqlite).await;
    let olga = app.account("Olga", Role::Organizer).await;
    let client = with_key(&app, &olga, &["COMPETITIONS_READ"]).await;
    let path = "/api/v1/competitions?mine=true";
    assert_eq!(client.get(path).await.status, 200);
    app.exhaust(RateLimit::CALLS, &olga.id.to_string()).await;
    assert_eq!(client.get(path).await.status, 429);
    // Guesses count as calls of an anonymous network.
    let guess = app.client().with_token(format!("mck_{}", "x".repeat(40)));
    let from = "203.0.113.44";
    app.exhaust(RateLimit::ANONYMOUS_CALLS, from).await;
    let request = guess.request_from(from, Method::GET, path);
    assert_eq!(guess.send(request).await.status, 429);
}
