//! Wishes to be reminded before registration opens.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CompetitionId, UserId};

/// A row of `opening_reminders`: an account wants a message before a competition's registration opens.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "opening_reminders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub competition_id: CompetitionId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The opening that the message was about, if it was written. A later opening is reminded of again.
    pub reminded_of: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
