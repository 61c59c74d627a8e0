//! Where jobs are new_jobs: a row written in the transaction that makes the job necessary.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use uuid::Uuid;

use super::kind::{JobKind, Queues};
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

    /// The same, with an id that follows from `key`: however often it is born, there is one row.
    #[must_use]
    pub fn once(
        kind: JobKind,
        subject: impl Into<Uuid>,
        payload: serde_json::Value,
        key: &str,
    ) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&Sha256::digest(format!("{kind}:{key}"))[..16]);
        Self {
            // Version 8 (RFC 9562): made up by the application.
            id: JobId(uuid::Builder::from_custom_bytes(bytes).into_uuid()),
            ..Self::new(kind, subject, payload)
        }
    }

    /// As it travels in the list.
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        JobEnvelope {
            id: self.id.to_string(),
            kind: self.kind.to_string(),
            version: self.kind.version,
            payload: self.payload.clone(),
        }
        .envelope()
    }
}

/// What stands in a list: enough to say what a job was even where its row is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobEnvelope {
    /// The outbox row.
    pub id: String,
    /// What to do.
    pub kind: String,
    /// Of the payload's shape.
    pub version: i32,
    /// With what.
    pub payload: serde_json::Value,
}

impl JobEnvelope {
    /// As it travels in the list.
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        // A struct of texts, a number and a JSON value always serialises.
        Envelope {
            raw: serde_json::to_string(self).unwrap_or_default().into(),
        }
    }
}

/// Writes jobs, inside the caller's transaction; one that stands there already stays as it is.
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
        ("queue", texts(|j| j.kind.queue)),
        ("kind", texts(|j| j.kind.name)),
        (
            "version",
            Cells::Int(jobs.iter().map(|j| j.kind.version).collect()),
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
    let conflict = "ON CONFLICT (id) DO NOTHING";
    bulk::insert(transaction, "outbox_jobs", columns, conflict).await?;
    Ok(())
}

/// Wakes the relay before its next periodic sweep. Cheap to clone; clones wake the same relay.
#[derive(Debug, Clone, Default)]
pub struct RelayWaker(Arc<Notify>);

impl RelayWaker {
    /// Asks the relay for a sweep as soon as possible; returns at once.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Returns when [`RelayWaker::wake`] was called since the last time.
    pub(super) async fn woken(&self) {
        self.0.notified().await;
    }
}

/// What follows the commit in which jobs were born. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    queue: Arc<dyn Queue>,
    relay: RelayWaker,
}

impl Outbox {
    /// Pushes to `queue`, or has `relay` do it.
    #[must_use]
    pub fn new(queue: Arc<dyn Queue>, relay: RelayWaker) -> Self {
        Self { queue, relay }
    }

    /// Pushes jobs that are committed.
    pub async fn committed(&self, jobs: &[NewJob]) {
        if let Err(error) = push(&*self.queue, jobs).await {
            tracing::debug!(%error, "jobs were not pushed; the relay does it");
            self.relay.wake();
        }
    }

    /// Has the relay push whatever is there to be pushed.
    pub fn wake(&self) {
        self.relay.wake();
    }
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbox")
    }
}

/// Pushes committed jobs to their lists. If that fails the relay does it later: nothing is lost.
///
/// # Errors
/// When the queue is away.
pub async fn push(queue: &dyn Queue, jobs: &[NewJob]) -> Result<(), PortError> {
    for name in Queues::ALL {
        let envelopes: Vec<_> = jobs
            .iter()
            .filter(|job| job.kind.queue == *name)
            .map(NewJob::envelope)
            .collect();
        if !envelopes.is_empty() {
            queue.push(name, &envelopes).await?;
        }
    }
    Ok(())
}
