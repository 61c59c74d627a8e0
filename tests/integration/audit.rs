//! The audit log: which events are recorded, and who can read them.

use mini_compete::{
    domain::Actor,
    model::{AuditAction, Role, UserView},
    store::{audit::Record, entity::audit_event},
};
use reqwest::Method;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::Value;

use crate::harness::{App, Client};

mod reading;
mod recording;

/// Returns all audit events, the oldest first.
async fn all_events(app: &App) -> Vec<Record> {
    let all = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
    all.all(app.database.read()).await.unwrap()
}

/// Returns the audit events with an action, the oldest first.
async fn events_with(app: &App, action: AuditAction) -> Vec<Record> {
    let mut events = all_events(app).await;
    events.retain(|event| event.action == action);
    events
}

/// Returns the latest audit event.
async fn last_event(app: &App) -> Record {
    all_events(app).await.pop().expect("an event")
}

/// Returns an API client of an account.
async fn client_of(app: &App, user: &UserView) -> Client {
    let token = app.token(Actor::from(user)).await;
    app.client().with_token(token)
}

/// Creates an organizer, and returns its API client.
async fn organizer(app: &App) -> (UserView, Client) {
    let organizer = app.account("Organizer", Role::Organizer).await;
    let client = client_of(app, &organizer).await;
    (organizer, client)
}

/// Sends a request with a JSON body to the API, asserts that it succeeds, and returns the body of the response.
async fn call(client: &Client, method: Method, path: &str, body: Value) -> Value {
    let request = client.request(method, path).json(&body);
    let reply = client.send(request).await;
    assert!(reply.status.is_success(), "{path}: {}", reply.text);
    serde_json::from_str(&reply.text).unwrap_or(Value::Null)
}
