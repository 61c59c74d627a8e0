//! How the installation is, for administrators.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ProcessPart, QueueView, ServiceName, ServiceState};

/// The state of the whole installation at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HealthView {
    /// The time at which the state was read.
    pub checked_at: DateTime<Utc>,
    /// Every queue, with what was done lately.
    pub queues: Vec<QueueHealthView>,
    /// The check of the seat counters.
    pub seat_drift: SeatDriftView,
    /// The services that the application needs or uses.
    pub services: Vec<ServiceView>,
    /// The processes of the installation, the newest first; those that have sent no heartbeat for an hour are left
    /// out.
    pub processes: Vec<ProcessView>,
}

/// A queue with the jobs that were completed in each of the last 20 minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct QueueHealthView {
    /// The state of the queue.
    pub queue: QueueView,
    /// The number of jobs that succeeded in each minute, the present one last.
    pub done: Vec<u64>,
    /// The number of jobs that failed finally in each minute, the present one last.
    pub dead: Vec<u64>,
}

/// What the check of the seat counters has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SeatDriftView {
    /// The number of competitions whose counters differ from their registrations, which must be 0; `null` before
    /// the first check.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub wrong: Option<u64>,
    /// The time of the latest check.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub checked_at: Option<DateTime<Utc>>,
}

/// The result of a repair of seat counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SeatRepairView {
    /// The number of competitions whose counters were corrected.
    pub repaired: u64,
    /// The number of competitions that have more registrations than seats, which no counter can express. Raise
    /// their capacity.
    pub left: u64,
}

/// A service that the application needs or uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ServiceView {
    /// The purpose of the service.
    pub name: ServiceName,
    /// Whether the service answers.
    pub state: ServiceState,
    /// The name of the product, such as `PostgreSQL`.
    pub product: String,
    /// The version of the product, if the service tells it.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub version: Option<String>,
    /// How long the service took to answer, in milliseconds.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub latency_ms: Option<f64>,
}

/// A process of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProcessView {
    /// The id of this run of the process.
    pub id: Uuid,
    /// The name of the machine, and the number of the process there.
    pub name: String,
    /// The version of the program.
    pub version: String,
    /// What runs in the process.
    pub parts: Vec<ProcessPart>,
    /// The time at which the process started.
    pub started_at: DateTime<Utc>,
    /// The time of the last heartbeat.
    pub seen_at: DateTime<Utc>,
    /// Whether heartbeats arrive: the last one is less than 30 seconds old.
    pub alive: bool,
}
