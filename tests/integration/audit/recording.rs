//! What is recorded: actions that succeed, failed log-ins and refused accesses, without personal data.

use mini_compete::{
    domain::{Actor, accounts::Initiator, rate_limits::RateLimit},
    model::{AuditAction, AuditOutcome, Role},
};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{all_events, call, client_of, events_with, last_event, organizer};
use crate::{
    harness::{App, PASSWORD},
    on_both_backends, on_both_backends_rate_limited,
};

on_both_backends!(
    changes_of_a_competition_are_recorded,
    refused_changes_are_not_recorded,
    an_export_is_recorded,
    retries_and_deletions_of_failed_jobs_are_recorded,
    changes_of_accounts_are_recorded,
);
on_both_backends_rate_limited!(
    successful_and_failed_log_ins_are_recorded,
    refused_accesses_are_recorded_up_to_a_limit,
);

async fn changes_of_a_competition_are_recorded(app: App) {
    let (organizer, client) = organizer(&app).await;
    let mut input = serde_json::to_value(app.competition_input(5, false)).unwrap();
    input["status"] = "DRAFT".into();
    let created = call(&client, Method::POST, "/api/v1/competitions", input).await;
    let id: Uuid = created["id"].as_str().unwrap().parse().unwrap();
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
        let event = last_event(&app).await;
        assert_eq!((event.action, event.outcome), (action, AuditOutcome::Done));
        assert_eq!(event.detail["changed"], changed);
        if action == AuditAction::CompetitionEdit {
            let before = json!({ "title": "Spring Sprint", "capacity": 5 });
            assert_eq!(event.detail["before"], before);
            let after = json!({ "title": "Other", "capacity": 7 });
            assert_eq!(event.detail["after"], after);
        }
    }
    let deleted = client.send(client.request(Method::DELETE, &path)).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text);
    let events: Vec<_> = all_events(&app)
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

async fn refused_changes_are_not_recorded(app: App) {
    let (organizer, client) = organizer(&app).await;
    let competition = app.competition_of(&organizer, 1, false).await.id;
    app.register_all(&app.participants(1).await, competition)
        .await;
    let before = all_events(&app).await.len();
    let path = format!("/api/v1/competitions/{competition}");
    for change in [json!({ "capacity": 0 }), json!({ "status": "DRAFT" })] {
        let request = client.request(Method::PATCH, &path).json(&change);
        assert!(client.send(request).await.status.is_client_error());
    }
    let stale = client
        .request(Method::DELETE, &path)
        .header("if-match", "\"999\"");
    assert_eq!(client.send(stale).await.status, 412);
    assert_eq!(all_events(&app).await.len(), before);
}

async fn an_export_is_recorded(app: App) {
    let (organizer, client) = organizer(&app).await;
    let competition = app.competition_of(&organizer, 1, false).await.id;
    let path = format!("/api/v1/competitions/{competition}/registrations");
    let request = client
        .request(Method::GET, &path)
        .header("accept", "text/csv");
    assert_eq!(client.send(request).await.status, 200);
    let event = last_event(&app).await;
    assert_eq!(event.action, AuditAction::Export);
    assert_eq!(event.actor_id, Some(organizer.id));
    assert_eq!(event.subject_id, Some(competition.0));
    // Reading the list is not an export.
    assert_eq!(client.get(&path).await.status, 200);
    assert_eq!(events_with(&app, AuditAction::Export).await.len(), 1);
}

async fn retries_and_deletions_of_failed_jobs_are_recorded(app: App) {
    let admin = app.account("Root", Role::Admin).await;
    let client = client_of(&app, &admin).await;
    app.create_dead_letters(3).await;
    let id = app.failed_jobs().await[0].id;
    let path = format!("/api/v1/admin/failed-jobs/{id}/retry");
    assert_eq!(
        client
            .send(client.request(Method::POST, &path))
            .await
            .status,
        202
    );
    let event = last_event(&app).await;
    assert_eq!(event.action, AuditAction::FailedJobRetry);
    assert_eq!(
        (event.actor_id, event.subject_id),
        (Some(admin.id), Some(id))
    );
    let all = client.request(Method::DELETE, "/api/v1/admin/failed-jobs?all=true");
    assert_eq!(client.send(all).await.status, 204);
    let event = last_event(&app).await;
    assert_eq!(event.action, AuditAction::FailedJobDelete);
    assert_eq!(event.detail, json!({ "count": 2 }));
    // A deletion without any dead letter is not recorded.
    let all = client.request(Method::DELETE, "/api/v1/admin/failed-jobs?all=true");
    assert_eq!(client.send(all).await.status, 204);
    assert_eq!(
        events_with(&app, AuditAction::FailedJobDelete).await.len(),
        1
    );
}

async fn changes_of_accounts_are_recorded(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let client = client_of(&app, &ada).await;
    call(
        &client,
        Method::PATCH,
        "/api/v1/me",
        json!({ "name": "Ada L." }),
    )
    .await;
    assert!(events_with(&app, AuditAction::EmailChange).await.is_empty());
    call(
        &client,
        Method::PATCH,
        "/api/v1/me",
        json!({ "email": "lovelace@example.test" }),
    )
    .await;
    let event = last_event(&app).await;
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
    let event = last_event(&app).await;
    assert_eq!(event.action, AuditAction::RoleChange);
    assert_eq!(
        (event.actor_id, event.subject_id),
        (Some(root.id), Some(ada.id.0))
    );
    assert_eq!(
        event.detail,
        json!({ "from": "PARTICIPANT", "to": "ORGANIZER" })
    );

    let operator = Initiator::Operator("cli:root");
    let form = mini_compete::model::forms::NewPasswordForm {
        email: "lovelace@example.test".to_owned(),
        password: "another passphrase".to_owned(),
    };
    let changed = accounts.set_password(&form, operator);
    changed.await.unwrap();
    let event = last_event(&app).await;
    assert_eq!(event.action, AuditAction::PasswordChange);
    assert_eq!(event.operator.as_deref(), Some("cli:root"));
    assert_eq!((event.actor_id, event.subject_id), (None, Some(ada.id.0)));
}

async fn successful_and_failed_log_ins_are_recorded(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let client = app.client();
    let log_in = async |email: &str, password: &str| {
        let credentials = json!({ "email": email, "password": password });
        let request = client
            .request_from("203.0.113.7", Method::POST, "/api/v1/auth/login")
            .json(&credentials);
        client.send(request).await.status.as_u16()
    };
    assert_eq!(log_in(&ada.email, "a wrong password").await, 401);
    let failed = last_event(&app).await;
    assert_eq!(
        (failed.action, failed.outcome),
        (AuditAction::LogIn, AuditOutcome::Failed)
    );
    assert_eq!((failed.actor_id, failed.subject_id), (None, Some(ada.id.0)));
    assert_eq!(log_in("nobody@example.test", "a wrong password").await, 401);
    let unknown = last_event(&app).await;
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
    let outcomes = events_with(&app, AuditAction::LogIn).await;
    let refused = outcomes
        .iter()
        .filter(|e| e.outcome == AuditOutcome::Refused);
    assert_eq!(refused.count(), 1, "only the first one is recorded");

    let bob = app.account("Bob", Role::Participant).await;
    assert_eq!(log_in(&bob.email, PASSWORD).await, 200);
    let done = last_event(&app).await;
    assert_eq!(
        (done.outcome, done.actor_id),
        (AuditOutcome::Done, Some(bob.id))
    );
    assert_eq!(done.address_hash, failed.address_hash);
    // The log contains no addresses, names or e-mail addresses.
    let text = format!("{:?}", all_events(&app).await);
    for personal in ["203.0.113", "example.test", "nobody", "Ada"] {
        assert!(!text.contains(personal), "{personal}");
    }
}

async fn refused_accesses_are_recorded_up_to_a_limit(app: App) {
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
    let event = last_event(&app).await;
    assert_eq!(
        (event.action, event.outcome),
        (AuditAction::Access, AuditOutcome::Refused)
    );
    assert_eq!(event.subject_id, Some(competition.0));

    let participant = app.account("Person", Role::Participant).await;
    let client = app.client();
    let form = client.get("/login").await.form("form[action='/act/login']");
    let form = form
        .fill("email", &participant.email)
        .fill("password", PASSWORD);
    client.submit(&form).await;
    assert_eq!(client.get("/organize/new").await.status, 403);
    let event = last_event(&app).await;
    assert_eq!(
        (event.action, event.actor_id),
        (AuditAction::Access, Some(participant.id))
    );
    let token = app.token(Actor::from(&participant)).await;
    let client = app.client().with_token(token);
    for _ in 0..RateLimit::RECORDED.most() + 10 {
        assert_eq!(client.get("/api/v1/admin/audit").await.status, 403);
    }
    let mut refused = events_with(&app, AuditAction::Access).await;
    refused.retain(|event| event.actor_id == Some(participant.id));
    assert_eq!(refused.len() as u64, RateLimit::RECORDED.most());
}
