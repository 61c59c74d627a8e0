//! Ticks of the schedule.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `cron_ticks`: somebody saw to this tick of this job, so that nobody else does.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cron_ticks")]
pub struct Model {
    /// What is done.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job: String,
    /// The moment the schedule names.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tick: DateTime<Utc>,
    /// If it is not finished by then, somebody else may see to it.
    pub lease_until: DateTime<Utc>,
    /// Begun then: later than `tick` if nothing ran at the time.
    pub fired_at: DateTime<Utc>,
    /// Done then.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
