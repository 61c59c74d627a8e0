//! Schedules that no longer hold.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::CompetitionId;

/// A row of `former_schedules`: when and where a competition took place until its organizer changed
/// that. What holds now stands in the competition's row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "former_schedules")]
pub struct Model {
    /// The competition.
    #[sea_orm(primary_key, auto_increment = false)]
    pub competition_id: CompetitionId,
    /// The number that the competition's `schedule_revision` had then.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i32,
    /// The start.
    pub starts_at: DateTime<Utc>,
    /// The end, if it was known.
    pub ends_at: Option<DateTime<Utc>>,
    /// The place; may be empty.
    pub location: String,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
