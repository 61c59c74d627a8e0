//! What became of a registration, step by step.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::MessageKind;

/// A step in a registration's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    #[serde(flatten)]
    pub event: TimelineEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum TimelineEvent {
    /// A seat was taken.
    SeatTaken,
    /// A place in the queue was taken.
    Waitlisted,
    /// The head of the queue got a seat.
    Promoted,
    /// The seat or place was given back.
    GivenBack,
    /// A letter is to be written, or real mail to be sent.
    Queued {
        /// By which kind of job.
        job: String,
    },
    /// That failed, and is tried again.
    AttemptFailed {
        /// Which kind of job.
        job: String,
        /// How often by now.
        attempts: u32,
        /// Why; for those who run the installation.
        error: Option<String>,
    },
    /// That failed for good.
    GivenUp {
        /// Which kind of job.
        job: String,
        /// Why; for those who run the installation.
        error: Option<String>,
    },
    /// A letter lies in the mailbox.
    Written {
        /// What it is about.
        kind: MessageKind,
    },
    /// The same went out as real mail.
    Sent {
        /// What it is about.
        kind: MessageKind,
    },
}
