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
    /// Jobs ready to run; absent while the queue is away.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub ready: Option<u64>,
    /// Jobs that a worker holds; absent while the queue is away.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub in_hand: Option<u64>,
    /// Retries waiting for their time; absent while the queue is away.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub delayed: Option<u64>,
    /// Jobs that are not done, by the database.
    pub open: u64,
    /// When the oldest of them was born.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub oldest: Option<DateTime<Utc>>,
    /// Jobs that were given up.
    pub failed: u64,
}

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailedJobView {
    /// The id of the dead letter.
    pub id: Uuid,
    /// Which job; whatever the list held, if that was no job of ours.
    pub job_id: String,
    /// Where it came from.
    pub queue: String,
    /// What it asked for.
    pub kind: String,
    /// The payload of the job, as it was enqueued.
    pub payload: serde_json::Value,
    /// Why it failed last.
    pub error: String,
    /// How often it was tried, since it was born or retried by a person.
    pub attempts: i32,
    /// The time of the last failed attempt.
    pub failed_at: DateTime<Utc>,
    /// The same for failures of one kind with one cause.
    pub group: String,
    /// What it went through before a person had it tried again, oldest first.
    pub history: serde_json::Value,
}

/// Failed jobs of one queue and kind with one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailedGroupView {
    /// By which it is named.
    pub group: String,
    /// Where they came from.
    pub queue: String,
    /// What they asked for.
    pub kind: String,
    /// The error of one of them.
    pub error: String,
    /// The number of dead letters in the group.
    pub count: u64,
    /// The first was given up then.
    pub first: DateTime<Utc>,
    /// The last was given up then.
    pub last: DateTime<Utc>,
}

/// What became of failed jobs that were to be tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RetriedView {
    /// The number of jobs that were enqueued again.
    pub retried: u64,
    /// Not jobs, or jobs of another release: these stay.
    pub refused: u64,
}
