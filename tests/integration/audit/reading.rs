//! Who can read the audit log, how far a long log can be read, and how long events are kept.

use chrono::TimeDelta;
use mini_compete::{
    domain::{
        accounts::TotpSecrets, audit::EventSubject, cleanup::Cleanup,
        encryption_keys::EncryptionKeys, webhooks::secrets::WebhookSecrets,
    },
    model::{AuditAction, AuditOutcome, CompetitionStatus, Role, UserId},
    store::audit::{self, Record},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{call, client_of, events_with, organizer};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    administrators_read_the_whole_log_and_organizers_read_about_their_competitions,
    a_long_log_is_counted_up_to_a_limit_and_older_events_are_found_by_time,
    audit_events_are_kept_for_a_year,
    the_history_of_a_competition_shows_each_value_before_and_after,
);

async fn administrators_read_the_whole_log_and_organizers_read_about_their_competitions(app: App) {
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

    let of_competition = owner.get(&format!("{path}/audit")).await.json();
    assert_eq!(
        actions(&of_competition),
        ["COMPETITION_EDIT", "COMPETITION_CREATE"]
    );
    assert_eq!(
        (&of_competition["total"], &of_competition["page"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        of_competition["items"][0]["actorId"],
        organizer.id.to_string()
    );
    assert!(of_competition["items"][0]["addressHash"].is_null());

    let all = async |query: &str| {
        let reply = admin_client
            .get(&format!("/api/v1/admin/audit{query}"))
            .await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text);
        reply.json()
    };
    let by_organizer = all(&format!("?actor={}&perPage=1", organizer.id)).await;
    assert_eq!(actions(&by_organizer), ["COMPETITION_EDIT"]);
    assert_eq!(by_organizer["total"], 3, "the sign-up is included");
    assert!(by_organizer["items"][0]["addressHash"].is_string());
    let created = all("?action=COMPETITION_CREATE").await;
    assert_eq!(actions(&created), ["COMPETITION_CREATE"]);
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
    let unknown = format!("/api/v1/competitions/{}/audit", Uuid::now_v7());
    assert_eq!(owner.get(&unknown).await.status, 404);
}

async fn a_long_log_is_counted_up_to_a_limit_and_older_events_are_found_by_time(app: App) {
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

async fn audit_events_are_kept_for_a_year(app: App) {
    let (organizer, _) = organizer(&app).await;
    app.competition_of(&organizer, 5, false).await;
    let created = events_with(&app, AuditAction::CompetitionCreate).await;
    assert_eq!(
        created[0].detail,
        json!({ "status": CompetitionStatus::Published })
    );
    let secrets = TotpSecrets::new(EncryptionKeys::random());
    let webhooks = WebhookSecrets::new(EncryptionKeys::random());
    let cleanup = Cleanup::new(app.database.clone(), secrets, webhooks);
    let stop = CancellationToken::new();
    app.clock.advance(TimeDelta::days(364));
    cleanup.sweep(app.clock.now(), &stop).await.unwrap();
    assert_eq!(
        events_with(&app, AuditAction::CompetitionCreate)
            .await
            .len(),
        1
    );
    app.clock.advance(TimeDelta::days(2));
    app.competition_of(&organizer, 5, false).await;
    cleanup.sweep(app.clock.now(), &stop).await.unwrap();
    assert_eq!(
        events_with(&app, AuditAction::CompetitionCreate)
            .await
            .len(),
        1
    );
}

async fn the_history_of_a_competition_shows_each_value_before_and_after(app: App) {
    let (organizer, owner) = organizer(&app).await;
    let competition = app.competition_of(&organizer, 5, false).await.id;
    app.clock.advance(TimeDelta::minutes(1));
    let path = format!("/api/v1/competitions/{competition}");
    let change = json!({
        "capacity": 7,
        "waitlistEnabled": true,
        "description": "New words",
        "timeZone": "Europe/Copenhagen",
        "location": "<b>Hall</b>",
        "endsAt": "2031-01-01T11:00:00Z",
    });
    call(&owner, Method::PATCH, &path, change).await;
    let browser = app.client();
    browser.log_in(&organizer.email).await;
    let overview = browser.browse(&format!("/organize/{competition}")).await;
    let link = format!("a[href='/organize/{competition}/audit']");
    assert_eq!(overview.find(&link).unwrap(), "History");
    let page = browser
        .browse(&format!("/organize/{competition}/audit"))
        .await;
    assert_eq!(page.status, 200);
    let newest = page.find("tbody tr").unwrap();
    for words in [
        organizer.name.as_str(),
        "Competition edited",
        "Seats: 5 → 7",
        "No → Yes",
        "UTC → Europe/Copenhagen",
        "Town hall → <b>Hall</b>",
        "– → 2031-01-01 12:00",
    ] {
        assert!(newest.contains(words), "{words} in {newest}");
    }
    assert!(newest.contains("Description") && !newest.contains("New words"));
    let last = page.find("tbody tr:last-child").unwrap();
    assert!(last.contains("Competition created"), "{last}");
}
