//! The outbox: a job is a row that is written in the transaction which makes the job necessary.
//!
//! The row carries a lease. Until it expires the process that wrote the row pushes the job; after
//! that the relay does.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use uuid::Uuid;

use super::kind::{JobKind, Queues};
use crate::{
    model::JobId,
    store::{
        Writes,
        bulk::Cells,
        ports::{Envelope, PortError, Queue},
    },
};

/// How long the process that wrote a row has to push it before the relay does.
pub const LEASE: TimeDelta = TimeDelta::seconds(15);

/// A job that is to be written to the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// The id of the job and of its row.
    pub id: JobId,
    /// The kind of the job.
    pub kind: JobKind,
    /// The payload, in the shape of the kind.
    pub payload: serde_json::Value,
    /// The row that the job is about, for example a registration.
    pub subject: Option<Uuid>,
}

impl NewJob {
    /// Returns a job of `kind` about `subject`, with a new id.
    #[must_use]
    pub fn new(kind: JobKind, subject: impl Into<Uuid>, payload: serde_json::Value) -> Self {
        Self {
            id: JobId::new(),
            kind,
            payload,
            subject: Some(subject.into()),
        }
    }

    /// Returns a job whose id follows from `kind` and `key`: however often it is enqueued, there is one
    /// row.
    #[must_use]
    pub fn once(
        kind: JobKind,
        subject: impl Into<Uuid>,
        payload: serde_json::Value,
        key: &str,
    ) -> Self {
        Self {
            id: JobId(id_of(&format!("{kind}:{key}"))),
            ..Self::new(kind, subject, payload)
        }
    }

    /// Returns the envelope that is pushed to the queue.
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

/// Returns the id that follows from a text: a UUID of version 8 (RFC 9562), which is made up by the application.
#[must_use]
pub fn id_of(text: &str) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(text)[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A job as JSON in a queue. It says what the job was even if its row is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobEnvelope {
    /// The id of the outbox row.
    pub id: String,
    /// The name of the kind.
    pub kind: String,
    /// The version of the payload's shape.
    pub version: i32,
    /// The payload, in the shape of the kind.
    pub payload: serde_json::Value,
}

impl JobEnvelope {
    /// Returns the envelope that is pushed to the queue.
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        // A struct of texts, a number and a JSON value always serialises.
        Envelope {
            raw: serde_json::to_string(self).unwrap_or_default().into(),
        }
    }
}

/// Adds the insertion of jobs to the caller's writes. A job whose id exists already stays as it is.
///
/// # Errors
/// Returns [`DbErr::Custom`] if the rows can't be encoded, which is a bug.
pub fn add(
    writes: &mut Writes,
    backend: DatabaseBackend,
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
    writes.insert(backend, "outbox_jobs", columns, conflict)
}

/// Writes jobs in the caller's transaction. A job whose id exists already stays as it is.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn write<C: ConnectionTrait>(
    transaction: &C,
    jobs: &[NewJob],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut writes = Writes::default();
    add(&mut writes, transaction.get_database_backend(), jobs, now)?;
    writes.execute(transaction).await?;
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

/// Pushes jobs after the commit that wrote them. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    queue: Arc<dyn Queue>,
    relay: RelayWaker,
}

impl Outbox {
    /// Creates an outbox that pushes to `queue` and wakes `relay` if that fails.
    #[must_use]
    pub fn new(queue: Arc<dyn Queue>, relay: RelayWaker) -> Self {
        Self { queue, relay }
    }

    /// Pushes committed jobs. If that fails, the relay pushes them.
    pub async fn committed(&self, jobs: &[NewJob]) {
        if let Err(error) = push(&*self.queue, jobs).await {
            let count = jobs.len();
            tracing::debug!(%error, jobs = count, "Could not push {count} jobs to their queues; the relay does it");
            self.relay.wake();
        }
    }

    /// Has the relay push all jobs that are due.
    pub fn wake(&self) {
        self.relay.wake();
    }
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbox")
    }
}

/// Pushes committed jobs to their queues. If that fails the relay does it later: no job is lost.
///
/// # Errors
/// Returns a [`PortError`] if the queue is unavailable.
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
