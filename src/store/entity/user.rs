//! Accounts.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{Role, UserId};

/// A row of `users`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// The name others see.
    pub name: String,
    /// Lower case; unique.
    pub email: String,
    /// Argon2id, PHC string.
    pub password_hash: String,
    /// What it may do.
    pub role: Role,
    /// Whether reminders also go out as real mail.
    pub reminders: bool,
    /// Raised when the password, the role or all tokens are changed or revoked: see
    /// [`auth_epoch`](crate::store::auth_epoch).
    pub auth_epoch: i64,
    /// Made then.
    pub created_at: DateTime<Utc>,
    /// Changed last then.
    pub updated_at: DateTime<Utc>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
