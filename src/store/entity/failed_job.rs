//! Dead letters: jobs that failed finally.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::CompetitionId;

/// A row of `failed_jobs`: a job that is not tried again unless an administrator retries it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "failed_jobs")]
pub struct Model {
    /// The id of the dead letter, not of the job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The job's id, or the raw content of the list where that could not be decoded.
    pub job_id: String,
    pub queue: String,
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// The id of the registration or competition that the job was about.
    pub subject_id: Option<Uuid>,
    /// The error of the last attempt.
    pub error: String,
    /// The number of attempts.
    pub attempts: i32,
    /// The version of the payload's shape.
    pub version: i32,
    /// A key that failures of one kind with one cause have in common.
    pub group_key: String,
    /// The failures before an administrator retried the job: a JSON array, oldest first.
    #[sea_orm(column_type = "JsonBinary")]
    pub history: Json,
    pub failed_at: DateTime<Utc>,
    /// The competition that the job was about. The database finds it by `subject_id`.
    pub competition_id: Option<CompetitionId>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
