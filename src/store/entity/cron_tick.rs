//! Ticks of scheduled tasks that some process has run or is running.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `cron_ticks`: the claim of one process on one tick of one scheduled task.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cron_ticks")]
pub struct Model {
    /// The name of the scheduled task.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job: String,
    /// The moment that the schedule names.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tick: DateTime<Utc>,
    /// The end of the claim: if the tick is not finished by then, another process may run it.
    pub lease_until: DateTime<Utc>,
    /// The start of the run: later than `tick` if no process was running at that moment.
    pub fired_at: DateTime<Utc>,
    /// The end of the run; `None` while it is not finished.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
