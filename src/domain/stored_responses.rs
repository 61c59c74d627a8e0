//! Responses to requests with an idempotency key, which are stored in the transaction of what the request does. The same
//! key with the same request has the same response.
//!
//! Registering has its own way (`registration`), whose responses are cached.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::OnConflict,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Actor, Result};
use crate::{
    model::{DomainError, IdempotencyKey},
    store::{InfrastructureError, Transaction, entity::idempotency_log},
};

/// A response as it is stored.
pub(super) struct KeyedResponse {
    /// The status under which `api` sends it.
    pub status: i32,
    pub body: Value,
    /// From when on the key is free again.
    pub expires_at: DateTime<Utc>,
}

/// Returns the response that was stored under a key, unless it has expired.
///
/// # Errors
/// Returns [`DomainError::IdempotencyKeyReused`] if the request was another one.
pub(super) async fn stored<C: ConnectionTrait, T: DeserializeOwned>(
    connection: &C,
    actor: Actor,
    key: &IdempotencyKey,
    fingerprint: &str,
    now: DateTime<Utc>,
) -> Result<Option<T>> {
    let row = idempotency_log::Entity::find_by_id((actor.id, key.to_string()))
        .one(connection)
        .await?;
    let Some(row) = row.filter(|row| row.expires_at > now) else {
        return Ok(None);
    };
    if row.request_fingerprint != fingerprint {
        return Err(DomainError::IdempotencyKeyReused.into());
    }
    let body = serde_json::from_value(row.response).map_err(InfrastructureError::internal)?;
    Ok(Some(body))
}

/// Stores the response to a request under its key, instead of one that has expired.
///
/// # Errors
/// Returns [`DomainError::IdempotencyKeyReused`] if a request elsewhere has stored its own meanwhile. The same request
/// can't have: it holds the lock of the competition.
pub(super) async fn store(
    transaction: &Transaction,
    actor: Actor,
    key: &IdempotencyKey,
    fingerprint: String,
    now: DateTime<Utc>,
    response: KeyedResponse,
) -> Result<()> {
    use idempotency_log::Column;
    idempotency_log::Entity::delete_by_id((actor.id, key.to_string()))
        .filter(Column::ExpiresAt.lte(now))
        .exec(transaction)
        .await?;
    let row = idempotency_log::ActiveModel {
        user_id: Set(actor.id),
        key: Set(key.to_string()),
        request_fingerprint: Set(fingerprint),
        response_status: Set(response.status),
        response: Set(response.body),
        expires_at: Set(response.expires_at),
    };
    let taken = OnConflict::columns([Column::UserId, Column::Key])
        .do_nothing()
        .to_owned();
    let stored = idempotency_log::Entity::insert(row)
        .on_conflict(taken)
        .exec_without_returning(transaction)
        .await?;
    match stored {
        0 => Err(DomainError::IdempotencyKeyReused.into()),
        _ => Ok(()),
    }
}
