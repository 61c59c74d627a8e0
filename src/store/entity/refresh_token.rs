//! Refresh tokens of API clients.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::UserId;

/// A row of `refresh_tokens`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub user_id: UserId,
    /// All tokens that came from one login, by rotation.
    pub family_id: Uuid,
    /// SHA-256 of the token, hex; unique.
    pub token_hash: String,
    /// Made then.
    pub created_at: DateTime<Utc>,
    /// Void from then on.
    pub expires_at: DateTime<Utc>,
    /// Exchanged for the next one then; using it again revokes the family.
    pub rotated_at: Option<DateTime<Utc>>,
    /// Taken back then.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
