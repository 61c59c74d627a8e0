//! What scheduled tasks remember.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `chore_states`: what a scheduled task found, and where it goes on, whichever process
/// runs it next.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chore_states")]
pub struct Model {
    /// The task's name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// In the task's own shape.
    #[sea_orm(column_type = "JsonBinary")]
    pub state: Json,
    /// When it was written.
    pub updated_at: DateTime<Utc>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
