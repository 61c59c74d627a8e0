//! The states that scheduled tasks keep between runs.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `scheduled_task_states`: what a scheduled task found, and where it continues,
/// whichever process runs it next.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scheduled_task_states")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The state, in the shape that the task chose.
    #[sea_orm(column_type = "JsonBinary")]
    pub state: Json,
    pub updated_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
