//! The secrets of webhooks: shown once, stored encrypted, replaced with a time in which both sign.

use chrono::{TimeDelta, Utc};
use mini_compete::{model::Role, ops::Clock, store::entity::webhook};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::Value;
use standardwebhooks::Webhook;

use super::{
    ARGUMENTS, Hook, Organizer, Received, Receiver, app_with_receiver, register_one, text,
};
use crate::{
    harness::{App, process::SECRET, spawn_app_with_clock},
    on_both_backends_with,
};

on_both_backends_with!(
    app_with_receiver:
    a_secret_is_shown_once_and_stored_encrypted,
    both_secrets_sign_for_a_day_after_a_replacement,
    a_new_secret_of_the_installation_keeps_the_secrets_of_webhooks,
);

async fn replace(organizer: &Organizer, hook: &Hook) -> Hook {
    let path = format!("/api/v1/webhooks/{}/secret", hook.id);
    let request = organizer.api.request(Method::POST, &path);
    let reply = organizer.api.send(request).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    Hook {
        id: hook.id.clone(),
        secret: text(&reply.json()["secret"]),
    }
}

/// Returns whether a secret has signed a request, whenever that was.
fn has_signed(hook: &Hook, request: &Received) -> bool {
    let timestamp = request.header("webhook-timestamp").parse().unwrap();
    let signature = Webhook::new(&hook.secret)
        .unwrap()
        .sign(request.header("webhook-id"), timestamp, &request.body)
        .unwrap();
    let mut signatures = request.header("webhook-signature").split(' ');
    signatures.any(|one| one == signature)
}

async fn a_secret_is_shown_once_and_stored_encrypted(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, None).await;
    assert!(hook.secret.starts_with("whsec_"));
    let listed = olga.webhooks().await;
    assert_eq!(listed[0]["secret"], Value::Null);
    let row = webhook::Entity::find().one(app.database().read()).await;
    let row = row.unwrap().unwrap();
    let random = hook.secret.strip_prefix("whsec_").unwrap();
    assert!(!row.secrets.contains(random));
    let events = mini_compete::store::entity::audit_event::Entity::find()
        .all(app.database().read())
        .await
        .unwrap();
    let created = events
        .iter()
        .find(|event| event.action.to_string() == "WEBHOOK_CREATE");
    assert!(!created.unwrap().detail.to_string().contains("127.0.0.1"));
}

async fn both_secrets_sign_for_a_day_after_a_replacement(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let old = olga
        .webhook(&receiver, Some(&["registration.created"]))
        .await;
    let new = replace(&olga, &old).await;
    assert_ne!(old.secret, new.secret);
    assert!(olga.webhooks().await[0]["previousSecretUntil"].is_string());
    let account = olga.logged_in(&app).await;
    let register = async || {
        register_one(&app, &account).await;
        app.run_jobs_with_retries().await;
        receiver.received().pop().unwrap()
    };
    let request = register().await;
    for hook in [&old, &new] {
        let webhook = Webhook::new(&hook.secret).unwrap();
        webhook.verify(&request.body, &request.headers).unwrap();
    }
    let other = Webhook::new("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    assert!(other.verify(&request.body, &request.headers).is_err());

    app.clock.advance(TimeDelta::hours(23));
    let request = register().await;
    assert!(has_signed(&old, &request) && has_signed(&new, &request));
    app.clock.advance(TimeDelta::hours(2));
    let request = register().await;
    assert!(has_signed(&new, &request) && !has_signed(&old, &request));
    let olga = olga.logged_in(&app).await;
    assert_eq!(olga.webhooks().await[0]["previousSecretUntil"], Value::Null);
    // The one before the former one is forgotten.
    let newer = replace(&olga, &new).await;
    let newest = replace(&olga, &newer).await;
    let request = register().await;
    let signed = [&new, &newer, &newest].map(|hook| has_signed(hook, &request));
    assert_eq!(signed, [false, true, true]);
}

async fn a_new_secret_of_the_installation_keeps_the_secrets_of_webhooks(
    app: App,
    receiver: Receiver,
) {
    let other = "another secret of at least thirty-two bytes";
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga
        .webhook(&receiver, Some(&["registration.created"]))
        .await;
    let storage = app.shut_down().await;
    let meanwhile = ["--jwt-secret", other, "--jwt-secret-previous", SECRET];
    let arguments = [&ARGUMENTS[..], &meanwhile].concat();
    let app = spawn_app_with_clock(Clock::manual(Utc::now()), storage, &arguments).await;
    let again = Organizer {
        api: app.client(),
        account: olga.account.clone(),
    };
    register_one(&app, &again).await;
    app.run_jobs_with_retries().await;
    app.clock.advance(TimeDelta::hours(1));
    app.run_scheduled_tasks().await;
    let storage = app.shut_down().await;
    let after = [&ARGUMENTS[..], &["--jwt-secret", other]].concat();
    let app = spawn_app_with_clock(Clock::manual(Utc::now()), storage, &after).await;
    register_one(&app, &again).await;
    app.run_jobs_with_retries().await;
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|request| has_signed(&hook, request)));
    assert_eq!(again.account.role, Role::Organizer);
}
