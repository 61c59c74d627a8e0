//! Announcements.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{AnnouncementId, CompetitionId, UserId};

/// A row of `announcements`: what an organizer said to everyone in a competition.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "announcements")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AnnouncementId,
    /// To whom: everyone in it.
    pub competition_id: CompetitionId,
    /// Who said it, if the account still exists.
    pub author_id: Option<UserId>,
    /// One line.
    pub subject: String,
    /// Plain text.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// Said then.
    pub created_at: DateTime<Utc>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
