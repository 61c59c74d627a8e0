//! The sessions of one account: listing them, and ending one.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

use super::{InfrastructureError, account, session};
use crate::{model::UserId, store::sign_out::EndedSessions};

/// The largest number of sessions that are listed: the newest.
const LISTED: u64 = 100;

/// A session as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// The name under which it is stored.
    pub name: String,
    /// The browser and the system that it was created with, if they were recognised.
    pub device: Option<String>,
    /// The day of the last visit.
    pub last_seen_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Returns the sessions of an account that are valid at `now`, the newest first.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn list<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<StoredSession>, InfrastructureError> {
    let rows = session::Entity::find()
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::ExpiresAt.gt(now))
        .order_by_desc(session::Column::CreatedAt)
        .limit(LISTED)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(StoredSession::from).collect())
}

/// Ends one session of an account. Returns what the cache has to forget, or `None` if the account has no
/// such session.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn end<C: ConnectionTrait>(
    transaction: &C,
    user: UserId,
    name: &str,
) -> Result<Option<EndedSessions>, InfrastructureError> {
    let ended = session::Entity::delete_many()
        .filter(session::Column::Id.eq(name))
        .filter(session::Column::UserId.eq(user))
        .exec(transaction)
        .await?;
    Ok((ended.rows_affected > 0).then(|| EndedSessions(vec![name.to_owned()])))
}

impl From<session::Model> for StoredSession {
    fn from(row: session::Model) -> Self {
        // Data of another release may lack both.
        let data: HashMap<String, Value> = serde_json::from_str(&row.data).unwrap_or_default();
        let day = data.get(account::LAST_VISIT_KEY).and_then(Value::as_i64);
        Self {
            name: row.id,
            device: data
                .get(account::DEVICE_KEY)
                .and_then(Value::as_str)
                .map(str::to_owned),
            last_seen_at: day.and_then(|day| DateTime::from_timestamp(day * 24 * 60 * 60, 0)),
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}
