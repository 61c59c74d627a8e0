//! Recovery codes, stored as hashes.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::UserId;

/// A row of `recovery_codes`: a code that was not used yet. Using it deletes the row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: UserId,
    /// The SHA-256 of the account's id and the code, in hexadecimal.
    pub code_hash: String,
    pub created_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
