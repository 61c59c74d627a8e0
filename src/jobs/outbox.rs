//! Where jobs are born: a row written in the transaction that makes the job necessary.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::JobKind;
use crate::{
    model::JobId,
    store::{
        bulk::{self, Cells},
        ports::{Envelope, PortError, Queue},
    },
};

/// How long whoever wrote the row has to push it before the relay does.
pub const LEASE: TimeDelta = TimeDelta::seconds(15);

/// A job to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Which.
    pub id: JobId,
    /// What to do.
    pub kind: JobKind,
    /// With what.
    pub payload: serde_json::Value,
    /// About which row.
    pub subject: Option<Uuid>,
}

impl NewJob {
    /// A job of `kind` about `subject`.
    #[must_use]
    pub fn new(kind: JobKind, subject: impl Into<Uuid>, payload: serde_json::Value) -> Self {
        Self {
            id: JobId::new(),
            kind,
            payload,
            subject: Some(subject.into()),
        }
    }

    /// As it travels in the list.
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        Ticket {
            id: self.id.to_string(),
            kind: self.kind.to_string(),
            version: self.kind.version(),
            payload: self.payload.clone(),
        }
        .envelope()
    }
}

/// What stands in a list: enough to say what a job was even where its row is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// The outbox row.
    pub id: String,
    /// What to do.
    pub kind: String,
    /// Of the payload's shape.
    pub version: i32,
    /// With what.
    pub payload: serde_json::Value,
}

impl Ticket {
    /// As it travels in the list.
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        // A struct of texts, a number and a JSON value always serialises.
        Envelope {
            raw: serde_json::to_string(self).unwrap_or_default().into(),
        }
    }
}

/// Writes jobs, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn write<C: ConnectionTrait>(
    transaction: &C,
    jobs: &[NewJob],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let texts =
        |f: fn(&NewJob) -> &str| Cells::Text(jobs.iter().map(|j| f(j).to_owned()).collect());
    let columns = vec![
        ("id", Cells::Uuid(jobs.iter().map(|j| j.id.0).collect())),
        ("queue", texts(|j| j.kind.queue())),
        ("kind", texts(|j| j.kind.as_str())),
        (
            "version",
            Cells::Int(jobs.iter().map(|j| j.kind.version()).collect()),
        ),
        (
            "payload",
            Cells::Json(jobs.iter().map(|j| j.payload.clone()).collect()),
        ),
        (
            "subject_id",
            Cells::MaybeUuid(jobs.iter().map(|j| j.subject).collect()),
        ),
        ("lease_until", Cells::Moment(vec![now + LEASE; jobs.len()])),
        ("created_at", Cells::Moment(vec![now; jobs.len()])),
    ];
    bulk::insert(transaction, "outbox_jobs", columns, "").await?;
    Ok(())
}

/// Pushes committed jobs to their lists. If that fails the relay does it later: nothing is lost.
///
/// # Errors
/// When the queue is away.
pub async fn push(queue: &dyn Queue, jobs: &[NewJob]) -> Result<(), PortError> {
    for name in super::Queues::ALL {
        let envelopes: Vec<_> = jobs
            .iter()
            .filter(|job| job.kind.queue() == *name)
            .map(NewJob::envelope)
            .collect();
        if !envelopes.is_empty() {
            queue.push(name, &envelopes).await?;
        }
    }
    Ok(())
}
