//! Answers that were given, by account and idempotency key.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::UserId;

/// A row of `idempotency_logs`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_logs")]
pub struct Model {
    /// Whose key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of what was asked, hex.
    pub request_fingerprint: String,
    /// HTTP status of the answer.
    pub response_status: i32,
    /// The answer's JSON.
    #[sea_orm(column_type = "JsonBinary")]
    pub response: Json,
    /// Forgotten from then on.
    pub expires_at: DateTime<Utc>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
