//! Registrations.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CompetitionId, RegistrationId, RegistrationStatus, UserId};

/// A row of `registrations`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registrations")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegistrationId,
    /// Whose.
    pub user_id: UserId,
    /// Where.
    pub competition_id: CompetitionId,
    /// The key it was made with.
    pub idempotency_key: Option<String>,
    /// How it stands.
    pub status: RegistrationStatus,
    /// Place in the competition's queue (grows; not a position), if it ever queued.
    pub waitlist_seq: Option<i64>,
    /// Made then.
    pub registered_at: DateTime<Utc>,
    /// Got a seat from the waitlist then.
    pub promoted_at: Option<DateTime<Utc>>,
    /// The number of the competition's schedule that its holder knows.
    pub schedule_revision: i32,
    /// Given back then.
    pub cancelled_at: Option<DateTime<Utc>>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
    /// Where.
    #[sea_orm(
        belongs_to = "super::competition::Entity",
        from = "Column::CompetitionId",
        to = "super::competition::Column::Id"
    )]
    Competition,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl Related<super::competition::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Competition.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
