//! Messages that an organizer wrote to the participants of a competition.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{AnnouncementId, CompetitionId, UserId};

/// A row of `announcements`: a text that is written to every participant of a competition.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "announcements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AnnouncementId,
    pub competition_id: CompetitionId,
    /// The account that wrote it; `None` after the account was deleted.
    pub author_id: Option<UserId>,
    pub subject: String,
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub created_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
