//! Responses under idempotency keys: a request that is sent again has the response of the first one.
//! (IETF draft *The Idempotency-Key HTTP Header Field*.)

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::OnConflict,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    domain::{Actor, Result},
    model::{
        DomainError, IdempotencyKey, RecordedPerformances, StageId, UserId, forms::PerformanceInput,
    },
    store::{InfrastructureError, Transaction, entity::idempotency_log},
};

/// The status under which the response is stored. `api` sends it.
const STORED_STATUS: i32 = 201;

/// A request with an idempotency key.
#[derive(Debug, Clone)]
pub(super) struct KeyedRequest<'a> {
    pub actor: Actor,
    pub key: &'a IdempotencyKey,
    /// A digest of the content, which tells apart two requests under one key.
    pub fingerprint: &'a str,
    pub now: DateTime<Utc>,
}

impl KeyedRequest<'_> {
    /// Returns what was recorded under the key, unless it has expired.
    ///
    /// # Errors
    /// Returns [`DomainError::IdempotencyKeyReused`] if the content was another one.
    pub async fn stored<C: ConnectionTrait>(
        &self,
        connection: &C,
    ) -> Result<Option<RecordedPerformances>> {
        let row = idempotency_log::Entity::find_by_id(self.id())
            .one(connection)
            .await?;
        let Some(row) = row.filter(|row| row.expires_at > self.now) else {
            return Ok(None);
        };
        if row.request_fingerprint != self.fingerprint {
            return Err(DomainError::IdempotencyKeyReused.into());
        }
        let recorded =
            serde_json::from_value(row.response).map_err(InfrastructureError::internal)?;
        Ok(Some(recorded))
    }

    /// Stores the response until `expires_at`.
    ///
    /// # Errors
    /// Returns [`DomainError::IdempotencyKeyReused`] if a request elsewhere has stored its own meanwhile. The same
    /// request can't have: it holds the lock of the competition.
    pub async fn store(
        &self,
        transaction: &Transaction,
        recorded: &RecordedPerformances,
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        use idempotency_log::Column;
        // One that has expired, if there is any.
        idempotency_log::Entity::delete_by_id(self.id())
            .filter(Column::ExpiresAt.lte(self.now))
            .exec(transaction)
            .await?;
        let row = idempotency_log::ActiveModel {
            user_id: Set(self.actor.id),
            key: Set(self.key.to_string()),
            request_fingerprint: Set(self.fingerprint.to_owned()),
            response_status: Set(STORED_STATUS),
            response: Set(json!(recorded)),
            expires_at: Set(expires_at),
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

    fn id(&self) -> (UserId, String) {
        (self.actor.id, self.key.to_string())
    }
}

/// Returns a digest of a request that records results.
pub(super) fn fingerprint(
    stage: StageId,
    inputs: &[PerformanceInput],
) -> Result<String, InfrastructureError> {
    let body = serde_json::to_vec(inputs).map_err(InfrastructureError::internal)?;
    let mut digest = Sha256::new();
    digest.update(b"performances");
    digest.update(stage.0.as_bytes());
    digest.update(body);
    Ok(hex::encode(digest.finalize()))
}
