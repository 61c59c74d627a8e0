//! Browser sessions.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::UserId;

/// A row of `sessions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// SHA-256 of the id in the cookie, hex: who reads the table can't log in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Whose, once somebody logged in.
    pub user_id: Option<UserId>,
    /// JSON.
    pub data: String,
    /// Made then.
    pub created_at: DateTime<Utc>,
    /// Void from then on.
    pub expires_at: DateTime<Utc>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
