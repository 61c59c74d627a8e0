//! Dead letters.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `failed_jobs`: a job that will not be tried again unless a person says so.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "failed_jobs")]
pub struct Model {
    /// Which letter.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Which job; whatever the list held, if that was no job of ours.
    pub job_id: String,
    /// Where it came from.
    pub queue: String,
    /// What it asked for.
    pub kind: String,
    /// With what.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// About which row.
    pub subject_id: Option<Uuid>,
    /// Why it failed last.
    pub error: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Of the payload's shape.
    pub version: i32,
    /// The same for failures of one kind with one cause.
    pub group_key: String,
    /// What it went through before a person had it tried again: an array, oldest first.
    #[sea_orm(column_type = "JsonBinary")]
    pub history: Json,
    /// Given up then.
    pub failed_at: DateTime<Utc>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
