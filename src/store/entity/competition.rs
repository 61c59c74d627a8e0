//! Competitions.

use chrono::{DateTime, Utc};
use sea_orm::{QueryFilter, Select, entity::prelude::*};

use crate::model::{CompetitionId, CompetitionStatus, UserId};

/// A row of `competitions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "competitions")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CompetitionId,
    /// Whose.
    pub organizer_id: UserId,
    /// One line.
    pub title: String,
    /// Markdown.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// Where.
    pub location: String,
    /// A JSON array of texts.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    /// Seats in all, at least 1.
    pub capacity: i32,
    /// Seats nobody holds, 0 to `capacity`: `capacity` less the live PENDING and CONFIRMED rows.
    pub seats_left: i32,
    /// How many registrations are WAITLISTED.
    pub waitlisted: i32,
    /// The last place in the queue that was given out.
    pub waitlist_seq: i64,
    /// Counts every change of this row.
    pub version: i64,
    /// The `version` that the organizer's latest edit made: whoever has seen it or a later one has
    /// seen everything that organizers decided.
    pub edited_at_version: i64,
    /// Whether people may queue.
    pub waitlist_enabled: bool,
    /// What the organizer decided.
    pub status: CompetitionStatus,
    /// Registration closes then.
    pub reg_deadline: DateTime<Utc>,
    /// It begins then.
    pub starts_at: DateTime<Utc>,
    /// It ends then.
    pub ends_at: Option<DateTime<Utc>>,
    /// The number of the schedule that holds: of start, end and place.
    pub schedule_revision: i32,
    /// Made then.
    pub created_at: DateTime<Utc>,
    /// Changed by its organizer then.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted: from then on nobody sees it, while its rows are removed.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Entity {
    /// Returns a query for the competitions that are not deleted: what every reader sees.
    #[must_use]
    pub fn existing() -> Select<Self> {
        Self::find().filter(Column::DeletedAt.is_null())
    }

    /// Returns a query for the competition, unless it is deleted.
    #[must_use]
    pub fn existing_by_id(id: CompetitionId) -> Select<Self> {
        Self::existing().filter(Column::Id.eq(id))
    }
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account that runs it.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::OrganizerId",
        to = "super::user::Column::Id"
    )]
    Organizer,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organizer.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
