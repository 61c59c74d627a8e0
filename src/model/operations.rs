//! What the people who run the installation see of its background work.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A queue of jobs and its depth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct QueueView {
    /// The name of the queue.
    pub name: String,
    /// The number of jobs that are ready to run; absent while the queue can't be reached.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub ready: Option<u64>,
    /// The number of jobs that workers are running; absent while the queue can't be reached.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub in_hand: Option<u64>,
    /// The number of jobs that wait for their next attempt; absent while the queue can't be reached.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub delayed: Option<u64>,
    /// The number of jobs that are not finished, according to the database.
    pub open: u64,
    /// When the oldest unfinished job was created.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub oldest: Option<DateTime<Utc>>,
    /// The number of jobs that failed finally.
    pub failed: u64,
    /// Since when an administrator has paused the queue; `null` while it runs.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub paused_at: Option<DateTime<Utc>>,
}

/// A job that failed finally (a dead letter).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailedJobView {
    /// The id of the dead letter.
    pub id: Uuid,
    /// The id of the job; if the entry in the queue was not a job, the entry's text.
    pub job_id: String,
    /// The name of the queue from which the job came.
    pub queue: String,
    /// The kind of the job, which says what it does.
    pub kind: String,
    /// The payload of the job, as it was enqueued.
    pub payload: serde_json::Value,
    /// The error of the last attempt.
    pub error: String,
    /// The number of attempts since the job was created or last retried by an administrator.
    pub attempts: i32,
    /// The time of the last failed attempt.
    pub failed_at: DateTime<Utc>,
    /// The group of the failure: equal for failures of one kind with one cause.
    pub group: String,
    /// The failures before an administrator retried the job, oldest first.
    pub history: serde_json::Value,
}

/// The failed jobs of one queue and kind that have the same cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailedGroupView {
    /// The name of the group, for queries and retries.
    pub group: String,
    /// The name of the queue from which the jobs came.
    pub queue: String,
    /// The kind of the jobs, which says what they do.
    pub kind: String,
    /// The error of one of the jobs.
    pub error: String,
    /// The number of dead letters in the group.
    pub count: u64,
    /// When the first job of the group failed.
    pub first: DateTime<Utc>,
    /// When the last job of the group failed.
    pub last: DateTime<Utc>,
}

/// The result of retrying failed jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RetriedView {
    /// The number of jobs that were enqueued again.
    pub retried: u64,
    /// The number of entries that can't be retried, since they are not jobs of this release. They stay
    /// where they are.
    pub refused: u64,
}
