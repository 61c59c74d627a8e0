//! Second factors: the secrets that accounts share with their authenticator apps.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::UserId;

/// A row of `second_factors`: the secret of one account. It counts once the account's `second_factor_at` is set.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The secret, encrypted for the account.
    pub secret: String,
    /// The name of the key with which the secret is encrypted.
    pub key_name: String,
    /// The newest time step of which a code was accepted; a code of it or of an earlier one is refused.
    pub last_step: i64,
    pub created_at: DateTime<Utc>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecondFactor({})", self.user_id)
    }
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
