//! Former schedules of competitions, for messages about what changed.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::CompetitionId;

/// A row of `former_schedules`: start, end and location of a competition before an edit replaced
/// them. The current schedule is in the competition's row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "former_schedules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub competition_id: CompetitionId,
    /// The competition's `schedule_revision` while this schedule was current.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i32,
    pub starts_at: DateTime<Utc>,
    /// The end, if it was known.
    pub ends_at: Option<DateTime<Utc>>,
    /// The location, possibly empty.
    pub location: String,
    /// Whether participants are notified of the schedule that replaced this one.
    pub notifies: bool,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
