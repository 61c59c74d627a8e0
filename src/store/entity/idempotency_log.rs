//! Stored responses, by account and idempotency key (draft-ietf-httpapi-idempotency-key-header).

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::UserId;

/// A row of `idempotency_logs`: the response that a repeated request gets again.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_logs")]
pub struct Model {
    /// The account that sent the key; keys of different accounts are independent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The SHA-256 of method, path and body of the request, in hexadecimal.
    pub request_fingerprint: String,
    pub response_status: i32,
    /// The body of the response, as JSON.
    #[sea_orm(column_type = "JsonBinary")]
    pub response: Json,
    /// The time from which the key may be used for another request.
    pub expires_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
