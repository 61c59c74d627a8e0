//! The state that scheduled tasks keep between runs.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `chore_states`: where a scheduled task stopped, so that the
/// next run continues there in whichever process it starts.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chore_states")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The state, in a shape that only the task knows.
    #[sea_orm(column_type = "JsonBinary")]
    pub state: Json,
    pub updated_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
