//! Refresh tokens of API clients, stored as hashes and rotated at each use (RFC 9700, section 4.14).

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::UserId;

/// A row of `refresh_tokens`: one token of a family.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: UserId,
    /// The token family: all tokens that one log-in led to by rotation.
    pub family_id: Uuid,
    /// The SHA-256 of the token, in hexadecimal; unique.
    pub token_hash: String,
    pub created_at: DateTime<Utc>,
    /// The time from which the token is invalid.
    pub expires_at: DateTime<Utc>,
    /// When it was exchanged for the next one. A second use revokes the family.
    pub rotated_at: Option<DateTime<Utc>>,
    /// When the token was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When the log-in happened from which the family comes; absent for families from before release 0.3.
    pub authenticated_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
