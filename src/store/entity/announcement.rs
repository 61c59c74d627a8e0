//! Messages that an organizer wrote to the participants of a competition.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{AnnouncementId, Audience, CompetitionId, SavedViewId, UserId};

/// A row of `announcements`: a text that is written to the participants of a competition.
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
    /// Which participants get it.
    pub audience: Audience,
    /// The saved view whose participants get it, if the audience is one. It may be deleted.
    pub view_id: Option<SavedViewId>,
    /// The name of the saved view when the announcement was written.
    pub view_name: Option<String>,
    /// What the saved view shows, as JSON.
    pub view_filter: Option<String>,
    /// When it is to be sent; `None` if it was sent at once.
    pub send_at: Option<DateTime<Utc>>,
    /// When the first messages were due to be written.
    pub started_at: Option<DateTime<Utc>>,
    /// When the last message was written.
    pub finished_at: Option<DateTime<Utc>>,
    /// When the organizer withdrew it, before it was sent.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// The number of recipients when it was started, and the number of messages when it was finished.
    pub total: i64,
    /// The number of messages that are written.
    pub written: i64,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
