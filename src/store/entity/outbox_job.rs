//! The transactional outbox: jobs that are not finished.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::JobId;

/// A row of `outbox_jobs`: inserted in the transaction that makes the job necessary, deleted in the
/// transaction that completes it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// The name of the queue that the job belongs to.
    pub queue: String,
    pub kind: String,
    /// The version of the payload's shape.
    pub version: i32,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// The id of the registration or competition that the job is about.
    pub subject_id: Option<Uuid>,
    /// The number of failed attempts.
    pub attempts: i32,
    /// The error of the last attempt.
    pub last_error: Option<String>,
    /// The end of the lease: until then the job is in a queue or with a worker; afterwards the relay
    /// pushes it again.
    pub lease_until: DateTime<Utc>,
    /// The end of the claim of a worker that runs it: for jobs whose effect cannot be rolled back.
    pub claimed_until: Option<DateTime<Utc>>,
    /// The failures before an administrator retried the job: a JSON array, oldest first.
    #[sea_orm(column_type = "JsonBinary")]
    pub history: Json,
    pub created_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
