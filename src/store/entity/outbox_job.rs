//! Jobs that are not done.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::JobId;

/// A row of `outbox_jobs`: born in the transaction that made the job necessary, deleted in the
/// one that does it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_jobs")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// Where it is pushed.
    pub queue: String,
    /// What to do.
    pub kind: String,
    /// Of the payload's shape.
    pub version: i32,
    /// With what.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// About which row (a registration, a competition).
    pub subject_id: Option<Uuid>,
    /// How often it failed.
    pub attempts: i32,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// Somebody looks after it until then; later the relay pushes it again.
    pub lease_until: DateTime<Utc>,
    /// Somebody is at it until then: for jobs whose effect can't be undone.
    pub claimed_until: Option<DateTime<Utc>>,
    /// What it went through before a person had it tried again: an array, oldest first.
    #[sea_orm(column_type = "JsonBinary")]
    pub history: Json,
    /// Born then.
    pub created_at: DateTime<Utc>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
