//! Addresses to which events of an organizer's competitions are sent.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{UserId, WebhookId};

/// A row of `webhooks`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookId,
    pub user_id: UserId,
    pub url: String,
    /// The names of the events that are sent, separated by spaces.
    pub events: String,
    /// The secret that signs and the one before it, encrypted together.
    pub secrets: String,
    /// The name of the key that has encrypted them.
    pub key_name: String,
    /// Until when the former secret signs, too.
    pub previous_secret_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// The number of failed attempts since the last one that succeeded, at most one for each pause.
    pub failures: i32,
    /// The time of the first of them.
    pub failing_since: Option<DateTime<Utc>>,
    /// The end of the pause after the last of them.
    pub quiet_until: Option<DateTime<Utc>>,
    /// Since when nothing is sent by itself any more, because it failed for days or the receiver said so.
    pub off_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account that owns the webhook.
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
        write!(f, "Webhook({})", self.id)
    }
}
