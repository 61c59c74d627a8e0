//! Tokens that are sent to people by mail, stored as hashes.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{AccountTokenPurpose, UserId};

/// A row of `account_tokens`: a token that can be used once, until it expires.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: UserId,
    /// What the token allows to do.
    pub purpose: AccountTokenPurpose,
    /// The SHA-256 of the token, in hexadecimal; unique.
    pub token_hash: String,
    /// The e-mail address that the token was sent to.
    pub email: String,
    pub created_at: DateTime<Utc>,
    /// The time from which the token is invalid.
    pub expires_at: DateTime<Utc>,
    /// How often a code was tried and was wrong; 0 for other tokens.
    pub attempts: i64,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
