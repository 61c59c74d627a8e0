//! How many jobs were completed in each minute.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `queue_throughput`: the jobs of a queue that all processes completed in one minute.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "queue_throughput")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub queue: String,
    /// The beginning of the minute.
    #[sea_orm(primary_key, auto_increment = false)]
    pub minute: DateTime<Utc>,
    /// The number of jobs that succeeded.
    pub done: i64,
    /// The number of jobs that became dead letters.
    pub dead: i64,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
