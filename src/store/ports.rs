//! The four ports through which processes meet: [`Lock`], [`Cache`], [`Queue`], [`Bus`].
//!
//! Each has two implementations, [`redis`](super::redis) for many processes and
//! [`memory`](super::memory) for one, chosen once at start. Callers cannot tell which one they
//! hold, and correctness never rests on them: the database alone keeps every promise. A port
//! makes the common case fast, sheds load, and spreads news.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Why a port did not answer. Always infrastructure, never something a person did.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The service behind the port is away or too slow; trying again later may work.
    #[error("{port} is unavailable: {detail}")]
    Unavailable {
        /// Which port, for the log.
        port: &'static str,
        /// What the driver said. Logged, never sent to a client.
        detail: String,
    },
}

/// The four ports, as one handle that the application passes around.
#[derive(Clone)]
pub struct Ports {
    /// Mutual exclusion between processes.
    pub lock: Arc<dyn Lock>,
    /// Short-lived values and counters.
    pub cache: Arc<dyn Cache>,
    /// Lists of jobs.
    pub queue: Arc<dyn Queue>,
    /// News between processes.
    pub bus: Arc<dyn Bus>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}

/// A lock that is held. Give it back with [`Lock::release`]; if the holder dies it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is locked, without the installation's prefix.
    pub name: String,
    /// The random value that proves who holds it (compare-and-delete).
    pub token: String,
}

/// Mutual exclusion between processes, best effort: it expires by itself.
#[async_trait]
pub trait Lock: Send + Sync {
    /// Takes the lock `name` for `ttl`, waiting up to `patience` while another holds it.
    /// `None` when it could not be had in time.
    async fn acquire(
        &self,
        name: &str,
        ttl: Duration,
        patience: Duration,
    ) -> Result<Option<Lease>, PortError>;

    /// Gives a lock back, if it is still ours (an expired one that somebody else took stays theirs).
    async fn release(&self, lease: Lease) -> Result<(), PortError>;
}

/// Short-lived values and counters. Every entry expires.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The value, or `None` if absent or expired.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, PortError>;

    /// Stores a value for `ttl`.
    async fn set(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError>;

    /// Stores many values in one round trip.
    async fn set_many(&self, entries: Vec<(String, Bytes)>, ttl: Duration)
    -> Result<(), PortError>;

    /// Stores a value only if the key is absent; `true` if this call stored it.
    async fn set_if_absent(
        &self,
        key: &str,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, PortError>;

    /// Forgets a value.
    async fn delete(&self, key: &str) -> Result<(), PortError>;

    /// Adds one to a counter that lives for `window` from its first hit; returns the count and
    /// how long until the window ends.
    async fn hit(&self, key: &str, window: Duration) -> Result<(u64, Duration), PortError>;

    /// Whether the service answers at all (for `/readyz`).
    async fn ping(&self) -> Result<(), PortError>;
}

/// One job on its way. The queue moves it and never looks inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The exact text that stands in the list: how a held job is found again and removed.
    pub raw: Bytes,
}

/// How full a queue is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Depth {
    /// Jobs ready to run.
    pub ready: u64,
    /// Jobs that a worker holds.
    pub in_hand: u64,
    /// Retries waiting for their time.
    pub delayed: u64,
}

impl Depth {
    /// Everything the queue knows of.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.ready + self.in_hand + self.delayed
    }
}

/// Lists of jobs, delivered at least once.
///
/// A job is always in exactly one of three places: *ready*, *in hand* (held by one worker that
/// sends heartbeats), or *delayed* (a retry with a due time). It leaves only by [`Queue::ack`].
/// Whoever dies with jobs in hand loses them to [`Queue::reap`], which makes them ready again.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Appends jobs to the ready list, in order.
    async fn push(&self, queue: &str, jobs: &[Envelope]) -> Result<(), PortError>;

    /// Moves up to `max` jobs from the head of the ready list into `worker`'s hands, atomically.
    /// Waits up to `patience` for the first one; empty when none came.
    async fn take(
        &self,
        queue: &str,
        worker: &str,
        max: usize,
        patience: Duration,
    ) -> Result<Vec<Envelope>, PortError>;

    /// Ends jobs that `worker` holds: done, given up, or found to be nonsense.
    async fn ack(&self, queue: &str, worker: &str, jobs: &[Envelope]) -> Result<(), PortError>;

    /// Moves a held job to the delayed set until `due`; `job` replaces what was held.
    async fn delay(
        &self,
        queue: &str,
        worker: &str,
        held: &Envelope,
        job: &Envelope,
        due: DateTime<Utc>,
    ) -> Result<(), PortError>;

    /// Puts held jobs back at the head of the ready list, unharmed (graceful shutdown).
    async fn give_back(
        &self,
        queue: &str,
        worker: &str,
        jobs: &[Envelope],
    ) -> Result<(), PortError>;

    /// Moves delayed jobs whose time has come to the ready list; how many moved.
    async fn promote_due(
        &self,
        queue: &str,
        now: DateTime<Utc>,
        max: usize,
    ) -> Result<usize, PortError>;

    /// Says that `worker` lives, as of `now`.
    async fn heartbeat(
        &self,
        queue: &str,
        worker: &str,
        now: DateTime<Utc>,
    ) -> Result<(), PortError>;

    /// Returns the jobs of workers whose last heartbeat is older than `dead_before` to the ready
    /// list, and forgets those workers; how many jobs came back.
    async fn reap(&self, queue: &str, dead_before: DateTime<Utc>) -> Result<usize, PortError>;

    /// How full the queue is.
    async fn depth(&self, queue: &str) -> Result<Depth, PortError>;
}

/// A piece of news from some process, this one included.
#[derive(Debug, Clone)]
pub struct News {
    /// What it is about, e.g. `seats`.
    pub topic: String,
    /// The content; small.
    pub payload: Bytes,
}

/// News between processes, best effort and unordered across senders.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Tells every subscriber in every process.
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<(), PortError>;

    /// Listens to all topics from now on. A slow listener loses the oldest news
    /// (`RecvError::Lagged`), never slows a sender down.
    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<News>;
}
