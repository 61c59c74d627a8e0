//! Keys with which programs of organizers call the API.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{ApiKeyId, UserId};

/// A row of `api_keys`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    pub user_id: UserId,
    /// The name that its owner gave it.
    pub name: String,
    /// The beginning of the key, which is no secret; unique.
    pub start: String,
    /// The last four characters of the key.
    pub last_four: String,
    /// The SHA-256 of the whole key, in hexadecimal.
    pub hash: String,
    /// The names of its scopes, separated by spaces.
    pub scopes: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    /// When a request last used it; noted once a minute at most.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account that owns the key.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKey({})", self.id)
    }
}
