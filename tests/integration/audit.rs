//! The audit log says who did what, and no more than that.

use chrono::TimeDelta;
use mini_compete::{
    domain::{
        Actor, accounts::Initiator, audit::EventSubject, cleanup::Cleanup, rate_limits::RateLimit,
    },
    model::{AuditAction, AuditOutcome, CompetitionStatus, Role, UserId, UserView},
    store::{
        audit::{self, Record},
        entity::audit_event,
    },
};
use reqwest::Method;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    both, both_limited,
    harness::{App, Client, PASSWORD},
};

both!(
    what_an_organizer_does_to_a_competition_is_written_down,
    what_does_not_happen_is_not_written_down,
    an_export_is_written_down,
    what_is_done_about_failed_jobs_is_written_down,
    changes_of_accounts_are_written_down,
    the_log_is_read_by_administrators_and_its_part_by_the_owner,
    a_long_log_is_counted_up_to_a_bound_and_reached_by_time,
    the_log_is_kept_for_a_year,
);
both_limited!(
    log_ins_are_written_down_and_so_are_failures,
    refusals_are_written_down_but_not_without_end,
);

/// Everything in the log, oldest first.
async fn log(app: &App) -> Vec<Record> {
    let all = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
    all.all(app.database.read()).await.unwrap()
}

/// What of the log is about one kind of event.
async fn about(app: &App, action: AuditAction) -> Vec<Record> {
    let mut log = log(app).await;
    log.retain(|record| record.action == action);
    log
}

/// What stands in the log at its end.
async fn last(app: &App) -> Record {
    log(app).await.pop().expect("an event")
}

async fn client_of(app: &App, user: &UserView) -> Client {
    let token = app.token(Actor::from(user)).await;
    app.client().with_token(token)
}

async fn organizer(app: &App) -> (UserView, Client) {
    let organizer = app.account("Organizer", Role::Organizer).await;
    let client = client_of(app, &organizer).await;
    (organizer, client)
}

/// A call of the API that must succeed.
async fn call(client: &Client, method: Method, path: &str, body: Value) -> Value {
    let request = client.request(method, path).json(&body);
    let reply = client.send(request).await;
    assert!(reply.status.is_success(), "{path}: {}", reply.text);
    serde_json::from_str(&reply.text).unwrap_or(Value::Null)
}

async fn what_an_organizer_does_to_a_competition_is_written_down(app: App) {
    let (organizer, client) = organizer(&app).await;
    let mut input = serde_json::to_value(app.input(5, false)).unwrap();
    input["status"] = "DRAFT".into();
    let made = call(&client, Method::POST, "/api/v1/competitions", input).await;
    let id: Uuid = made["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/v1/competitions/{id}");
    for (change, action, changed) in [
        (
            json!({ "capacity": 7, "title": "Other" }),
            AuditAction::CompetitionEdit,
            json!(["title", "capacity"]),
        ),
        (
            json!({ "status": "PUBLISHED" }),
            AuditAction::CompetitionPublish,
            json!([]),
        ),
        (
            json!({ "status": "CANCELLED" }),
            AuditAction::CompetitionCancel,
            json!([]),
        ),
    ] {
        call(&client, Method::PATCH, &path, change).await;
        let event = last(&app).await;
        assert_eq!((event.action, event.outcome), (action, AuditOutcome::Done));
        assert_eq!(event.detail["changed"], changed);
    }
    let deleted = client.send(client.request(Method::DELETE, &path)).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text);
    let events: Vec<_> = log(&app)
        .await
        .into_iter()
        .filter(|e| e.subject_id == Some(id))
        .collect();
    let actions: Vec<_> = events.iter().map(|event| event.action).collect();
    assert_eq!(
        actions,
        [
            AuditAction::CompetitionCreate,
            AuditAction::CompetitionEdit,
            AuditAction::CompetitionPublish,
            AuditAction::CompetitionCancel,
            AuditAction::CompetitionDelete,
        ]
    );
    for event in events {
        assert_eq!(event.actor_id, Some(organizer.id));
        assert!(event.address_hash.is_some_and(|hash| hash.len() == 32));
        assert_eq!(event.occurred_at, app.clock.now());
    }
}

async fn what_does_not_happen_is_not_written_down(app: App) {
    let (organizer, client) = organizer(&app).await;
    let competition = app.competition_of(&organizer, 1, false).await.id;
    app.register_all(&app.people(1).await, competition).await;
    let before = log(&app).await.len();
    let path = format!("/api/v1/competitions/{competition}");
    for change in [json!({ "capacity": 0 }), json!({ "status": "DRAFT" })] {
        let request = client.request(Method::PATCH, &path).json(&change);
        assert!(client.send(request).await.status.is_client_error());
    }
    let stale = client
        .request(Method::DELETE, &path)
        .header("if-match", "\"999\"");
    assert_eq!(client.send(stale).await.status, 412);
    assert_eq!(log(&app).await.len(), before);
}

async fn an_export_is_written_down(app: App) {
    let (organizer, client) = organizer(&app).await;
    let competition = app.competition_of(&organizer, 1, false).await.id;
    let path = format!("/api/v1/competitions/{competition}/registrations");
    let request = client
        .request(Method::GET, &path)
        .header("accept", "text/csv");
    assert_eq!(client.send(request).await.status, 200);
    let event = last(&app).await;
    assert_eq!(event.action, AuditAction::Export);
    assert_eq!(event.actor_id, Some(organizer.id));
    assert_eq!(event.subject_id, Some(competition.0));
    // Looking at the list is no export.
    assert_eq!(client.get(&path).await.status, 200);
    assert_eq!(about(&app, AuditAction::Export).await.len(), 1);
}

async fn what_is_done_about_failed_jobs_is_written_down(app: App) {
    let admin = app.account("Root", Role::Admin).await;
    let client = client_of(&app, &admin).await;
    app.doomed(3).await;
    let one = app.failed_jobs().await[0].id;
    let path = format!("/api/v1/admin/failed-jobs/{one}/retry");
    assert_eq!(
        client
            .send(client.request(Method::POST, &path))
            .await
            .status,
        202
    );
    let event = last(&app).await;
    assert_eq!(event.action, AuditAction::FailedJobRetry);
    assert_eq!(
        (event.actor_id, event.subject_id),
        (Some(admin.id), Some(one))
    );
    let all = client.request(Method::DELETE, "/api/v1/admin/failed-jobs?all=true");
    assert_eq!(client.send(all).await.status, 204);
    let event = last(&app).await;
    assert_eq!(event.action, AuditAction::FailedJobDelete);
    assert_eq!(event.detail, json!({ "count": 2 }));
    // There is none left.
    let all = client.request(Method::DELETE, "/api/v1/admin/failed-jobs?all=true");
    assert_eq!(client.send(all).await.status, 204);
    assert_eq!(about(&app, AuditAction::FailedJobDelete).await.len(), 1);
}

async fn changes_of_accounts_are_written_down(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let client = client_of(&app, &ada).await;
    call(
        &client,
        Method::PATCH,
        "/api/v1/me",
        json!({ "name": "Ada L." }),
    )
    .await;
    assert!(about(&app, AuditAction::EmailChange).await.is_empty());
    call(
        &client,
        Method::PATCH,
        "/api/v1/me",
        json!({ "email": "lovelace@example.test" }),
    )
    .await;
    let event = last(&app).await;
    assert_eq!(event.action, AuditAction::EmailChange);
    assert_eq!(
        (event.actor_id, event.subject_id),
        (Some(ada.id), Some(ada.id.0))
    );

    let accounts = &app.services.accounts;
    let root = Actor::from(&app.account("Root", Role::Admin).await);
    let changed = accounts.set_role(
        "lovelace@example.test",
        Role::Organizer,
        Initiator::Admin(root),
    );
    assert_eq!(changed.await.unwrap().role, Role::Organizer);
    let event = last(&app).await;
    assert_eq!(event.action, AuditAction::RoleChange);
    assert_eq!(
        (event.actor_id, event.subject_id),
        (Some(root.id), Some(ada.id.0))
    );
    assert_eq!(
        event.detail,
        json!({ "from": "PARTICIPANT", "to": "ORGANIZER" })
    );

    let by = Initiator::Operator("cli:root");
    let new = mini_compete::model::forms::NewPasswordForm {
        email: "lovelace@example.test".to_owned(),
        password: "another passphrase".to_owned(),
    };
    let changed = accounts.set_password(&new, by);
    changed.await.unwrap();
    let event = last(&app).await;
    assert_eq!(event.action, AuditAction::PasswordChange);
    assert_eq!(event.operator.as_deref(), Some("cli:root"));
    assert_eq!((event.actor_id, event.subject_id), (None, Some(ada.id.0)));
}

async fn log_ins_are_written_down_and_so_are_failures(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let client = app.client();
    let log_in = async |email: &str, password: &str| {
        let credentials = json!({ "email": email, "password": password });
        let request = client
            .sent_from("203.0.113.7", Method::POST, "/api/v1/auth/login")
            .json(&credentials);
        client.send(request).await.status.as_u16()
    };
    assert_eq!(log_in(&ada.email, "a wrong password").await, 401);
    let failed = last(&app).await;
    assert_eq!(
        (failed.action, failed.outcome),
        (AuditAction::LogIn, AuditOutcome::Failed)
    );
    assert_eq!((failed.actor_id, failed.subject_id), (None, Some(ada.id.0)));
    assert_eq!(log_in("nobody@example.test", "a wrong password").await, 401);
    let unknown = last(&app).await;
    assert_eq!(
        (unknown.outcome, unknown.subject_id),
        (AuditOutcome::Failed, None)
    );
    assert_eq!(unknown.detail["emailHash"].as_str().unwrap().len(), 32);
    for _ in 1..RateLimit::FAILURES_OF_ACCOUNT.most() {
        assert_eq!(log_in(&ada.email, "a wrong password").await, 401);
    }
    for _ in 0..3 {
        assert_eq!(log_in(&ada.email, PASSWORD).await, 429);
    }
    let outcomes = about(&app, AuditAction::LogIn).await;
    let refused = outcomes
        .iter()
        .filter(|e| e.outcome == AuditOutcome::Refused);
    assert_eq!(refused.count(), 1, "the first of them");

    let bob = app.account("Bob", Role::Participant).await;
    assert_eq!(log_in(&bob.email, PASSWORD).await, 200);
    let done = last(&app).await;
    assert_eq!(
        (done.outcome, done.actor_id),
        (AuditOutcome::Done, Some(bob.id))
    );
    assert_eq!(done.address_hash, failed.address_hash);
    // Nobody's address stands there.
    let text = format!("{:?}", log(&app).await);
    for secret in ["203.0.113", "example.test", "nobody", "Ada"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

async fn refusals_are_written_down_but_not_without_end(app: App) {
    let (_, other) = organizer(&app).await;
    let competition = app.competition(5, false).await.id;
    let path = format!("/api/v1/competitions/{competition}");
    assert_eq!(
        other
            .send(other.request(Method::DELETE, &path))
            .await
            .status,
        403
    );
    let event = last(&app).await;
    assert_eq!(
        (event.action, event.outcome),
        (AuditAction::Access, AuditOutcome::Refused)
    );
    assert_eq!(event.subject_id, Some(competition.0));

    let person = app.account("Person", Role::Participant).await;
    let client = app.client();
    let form = client.get("/login").await.form("form[action='/act/login']");
    let form = form.fill("email", &person.email).fill("password", PASSWORD);
    client.submit(&form).await;
    assert_eq!(client.get("/organize").await.status, 403);
    let event = last(&app).await;
    assert_eq!(
        (event.action, event.actor_id),
        (AuditAction::Access, Some(person.id))
    );
    let token = app.token(Actor::from(&person)).await;
    let client = app.client().with_token(token);
    for _ in 0..RateLimit::RECORDED.most() + 10 {
        assert_eq!(client.get("/api/v1/admin/audit").await.status, 403);
    }
    let mut refused = about(&app, AuditAction::Access).await;
    refused.retain(|event| event.actor_id == Some(person.id));
    assert_eq!(refused.len() as u64, RateLimit::RECORDED.most());
}

async fn the_log_is_read_by_administrators_and_its_part_by_the_owner(app: App) {
    let (organizer, owner) = organizer(&app).await;
    let admin = app.account("Root", Role::Admin).await;
    let admin_client = client_of(&app, &admin).await;
    let competition = app.competition_of(&organizer, 5, false).await.id;
    app.clock.advance(TimeDelta::minutes(1));
    let path = format!("/api/v1/competitions/{competition}");
    call(&owner, Method::PATCH, &path, json!({ "title": "Another" })).await;
    let actions = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| item["action"].as_str().unwrap().to_owned())
            .collect()
    };

    let part = owner.get(&format!("{path}/audit")).await.json();
    assert_eq!(actions(&part), ["COMPETITION_EDIT", "COMPETITION_CREATE"]);
    assert_eq!((&part["total"], &part["page"]), (&json!(2), &json!(1)));
    assert_eq!(part["items"][0]["actorId"], organizer.id.to_string());
    assert!(part["items"][0]["addressHash"].is_null());

    let all = async |query: &str| {
        let reply = admin_client
            .get(&format!("/api/v1/admin/audit{query}"))
            .await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text);
        reply.json()
    };
    let by_organizer = all(&format!("?actor={}&perPage=1", organizer.id)).await;
    assert_eq!(actions(&by_organizer), ["COMPETITION_EDIT"]);
    assert_eq!(by_organizer["total"], 3, "and signed up");
    assert!(by_organizer["items"][0]["addressHash"].is_string());
    let made = all("?action=COMPETITION_CREATE").await;
    assert_eq!(actions(&made), ["COMPETITION_CREATE"]);
    let now = app.clock.now().to_rfc3339().replace('+', "%2B");
    assert_eq!(
        actions(&all(&format!("?from={now}")).await),
        ["COMPETITION_EDIT"]
    );
    let earlier = all(&format!("?to={now}&actor={}", organizer.id)).await;
    assert_eq!(actions(&earlier), ["COMPETITION_CREATE", "SIGN_UP"]);

    for query in ["?actor=me", "?action=edit", "?from=today", "?page=one"] {
        let reply = admin_client
            .get(&format!("/api/v1/admin/audit{query}"))
            .await;
        assert_eq!(reply.status, 422, "{query}");
    }
    assert_eq!(owner.get("/api/v1/admin/audit").await.status, 403);
    assert_eq!(app.client().get("/api/v1/admin/audit").await.status, 401);
    let other = app.competition(5, false).await.id;
    assert_eq!(
        owner
            .get(&format!("/api/v1/competitions/{other}/audit"))
            .await
            .status,
        403
    );
    let nothing = format!("/api/v1/competitions/{}/audit", Uuid::now_v7());
    assert_eq!(owner.get(&nothing).await.status, 404);
}

async fn a_long_log_is_counted_up_to_a_bound_and_reached_by_time(app: App) {
    let admin = app.account("Root", Role::Admin).await;
    let client = client_of(&app, &admin).await;
    let event = |number: i64| {
        let subject = EventSubject::from(UserId::new());
        Record {
            id: Uuid::now_v7(),
            occurred_at: app.clock.now() - TimeDelta::seconds(number),
            action: AuditAction::LogIn,
            outcome: AuditOutcome::Done,
            actor_id: Some(admin.id),
            operator: None,
            subject_kind: Some(subject.kind),
            subject_id: Some(subject.id),
            address_hash: None,
            detail: json!({}),
        }
    };
    for chunk in 0..11 {
        let records: Vec<_> = (0..1_000)
            .map(|number| event(chunk * 1_000 + number))
            .collect();
        audit::write(app.database.write(), &records).await.unwrap();
    }
    let page = async |query: &str| {
        client
            .get(&format!("/api/v1/admin/audit{query}"))
            .await
            .json()
    };
    let last = page("?action=LOG_IN&perPage=100&page=100").await;
    assert_eq!(last["total"], 10_000);
    assert_eq!(last["items"].as_array().unwrap().len(), 100);
    let beyond = page("?action=LOG_IN&perPage=100&page=101").await;
    assert_eq!(beyond["items"], json!([]));
    let to = (app.clock.now() - TimeDelta::seconds(10_500))
        .to_rfc3339()
        .replace('+', "%2B");
    assert_eq!(page(&format!("?action=LOG_IN&to={to}")).await["total"], 499);
}

async fn the_log_is_kept_for_a_year(app: App) {
    let (organizer, _) = organizer(&app).await;
    app.competition_of(&organizer, 5, false).await;
    let made = about(&app, AuditAction::CompetitionCreate).await;
    assert_eq!(
        made[0].detail,
        json!({ "status": CompetitionStatus::Published })
    );
    let cleanup = Cleanup::new(app.database.clone());
    let stop = CancellationToken::new();
    app.clock.advance(TimeDelta::days(364));
    cleanup.sweep(app.clock.now(), &stop).await.unwrap();
    assert_eq!(about(&app, AuditAction::CompetitionCreate).await.len(), 1);
    app.clock.advance(TimeDelta::days(2));
    app.competition_of(&organizer, 5, false).await;
    cleanup.sweep(app.clock.now(), &stop).await.unwrap();
    assert_eq!(about(&app, AuditAction::CompetitionCreate).await.len(), 1);
}
