//! The timeline of a registration: what happened to it, oldest first.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::MessageKind;

/// One entry of a registration's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// The time at which it happened.
    pub at: DateTime<Utc>,
    /// What happened to the registration.
    #[serde(flatten)]
    pub event: TimelineEvent,
}

/// An event in the life of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum TimelineEvent {
    /// The registration got a seat.
    SeatTaken,
    /// The registration joined the waitlist.
    Waitlisted,
    /// The registration was promoted from the waitlist to a seat.
    Promoted,
    /// The registration was cancelled.
    GivenBack,
    /// A job was enqueued that writes a message or sends a mail.
    Queued {
        /// The kind of the job.
        job: String,
    },
    /// An attempt of the job failed and will be repeated.
    AttemptFailed {
        /// The kind of the job.
        job: String,
        /// The number of failed attempts.
        attempts: u32,
        /// The error; only administrators see it.
        error: Option<String>,
    },
    /// The job failed finally and is a dead letter.
    GivenUp {
        /// The kind of the job.
        job: String,
        /// The error; only administrators see it.
        error: Option<String>,
    },
    /// A message was written to the mailbox.
    Written {
        /// What the message is about.
        kind: MessageKind,
    },
    /// The message was also sent by mail.
    Sent {
        /// What the message is about.
        kind: MessageKind,
    },
}
