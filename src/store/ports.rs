//! The five ports through which processes meet: [`Lock`], [`Cache`], [`Counters`], [`Queue`],
//! [`Bus`].
//!
//! Each has two implementations, [`redis`](super::redis) for many processes and
//! [`memory`](super::memory) for one, chosen once at start. Callers cannot tell which one they
//! hold, and correctness never rests on them: the database alone keeps every promise. A port
//! makes the common case fast, sheds load, and spreads news.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
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

impl PortError {
    /// `port` did not answer, because of `detail`.
    pub fn unavailable(port: &'static str, detail: impl fmt::Display) -> Self {
        Self::Unavailable {
            port,
            detail: detail.to_string(),
        }
    }
}

/// The five ports, as one handle that the application passes around.
#[derive(Clone)]
pub struct Ports {
    /// Mutual exclusion between processes.
    pub lock: Arc<dyn Lock>,
    /// Short-lived values.
    pub cache: Arc<dyn Cache>,
    /// How often something happened.
    pub counters: Arc<dyn Counters>,
    /// Lists of jobs.
    pub queue: Arc<dyn Queue>,
    /// BusMessage between processes.
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
///
/// A caller that drops [`acquire`](Lock::acquire) halfway, or gets an error from it, may have taken
/// the lock without knowing; it is free again after `ttl`.
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

/// Short-lived values. Every entry expires.
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

    /// Whether the service answers at all (for `/readyz`).
    async fn ping(&self) -> Result<(), PortError>;
}

/// What a counter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Hits in this window, the last one included.
    pub hits: u64,
    /// How long until the window ends.
    pub left: Duration,
}

/// How often something happened in a window of time. Counters stand apart from cached values, so
/// that no flood of values can push one out, and they always answer: while the service that
/// processes share is away, each process counts what it sees itself.
#[async_trait]
pub trait Counters: Send + Sync {
    /// Adds one hit to a counter whose window begins with its first hit and lasts for `window`.
    async fn hit(&self, key: &str, window: Duration) -> Count;

    /// Takes one hit back, if the window in which it was counted has not ended.
    async fn take_back(&self, key: &str);
}

/// One job on its way. The queue moves it and never looks inside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Envelope {
    /// Exactly what stands in the list: how a held job is found again and removed. Bytes, not
    /// text: whoever can reach the list can put anything on it, and even that must come off.
    pub raw: Bytes,
}

impl Envelope {
    /// Wraps a job that was written down as text or bytes.
    pub fn new(raw: impl Into<Bytes>) -> Self {
        Self { raw: raw.into() }
    }

    /// The content for people to read; what is not text is replaced by `\u{fffd}`.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.raw)
    }
}

/// How full a queue is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Depth {
    /// Jobs ready to run.
    pub ready: u64,
    /// Jobs that a worker holds.
    pub in_hand: u64,
    /// Retries waiting for their time, or to be moved when it has come.
    pub delayed: u64,
    /// Those of the delayed whose time has come.
    pub due: u64,
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
///
/// Callers say how long, never when: processes on machines whose clocks differ share a queue, so the
/// queue has the only clock.
///
/// A worker's name stands for one life: a process that starts again uses a new one, or it would
/// keep its predecessor's jobs from being reaped. It sends its first heartbeat before it takes
/// anything. Whoever was presumed dead and lives on no longer holds what was reaped: its `ack`,
/// `delay` and `give_back` of those jobs do nothing, and the jobs run again.
///
/// After an error it is unknown whether the call had its effect. `push` may be repeated (the jobs
/// may then stand there twice); `ack`, `delay` and `give_back` should be, since whatever they leave
/// behind stays in hand until the worker is reaped. So does what a failed `take` may have taken: a
/// worker that goes on under a new name after such an error gets it back.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Appends jobs to the ready list, in order. Many jobs go in several steps, so that an error
    /// may come after a part of them.
    async fn push(&self, queue: &str, jobs: &[Envelope]) -> Result<(), PortError>;

    /// Moves up to `max` jobs from the head of the ready list into `worker`'s hands, atomically.
    /// Waits up to `patience` for the first one; empty when none came.
    ///
    /// A worker that never sent a heartbeat becomes known by this. A caller that goes away (drops
    /// the future) loses nothing: what was taken for it is given back.
    async fn take(
        &self,
        queue: &str,
        worker: &str,
        max: usize,
        patience: Duration,
    ) -> Result<Vec<Envelope>, PortError>;

    /// Ends jobs that `worker` holds: done, given up, or found to be nonsense.
    async fn ack(&self, queue: &str, worker: &str, jobs: &[Envelope]) -> Result<(), PortError>;

    /// Moves a held job to the delayed set for as long as `wait`; `job` replaces what was held.
    /// Equal jobs are one in that set; the later call sets the time.
    async fn delay(
        &self,
        queue: &str,
        worker: &str,
        held: &Envelope,
        job: &Envelope,
        wait: Duration,
    ) -> Result<(), PortError>;

    /// Puts held jobs back at the head of the ready list, unharmed (graceful shutdown).
    async fn give_back(
        &self,
        queue: &str,
        worker: &str,
        jobs: &[Envelope],
    ) -> Result<(), PortError>;

    /// Moves up to `max` delayed jobs whose time has come to the tail of the ready list, the
    /// longest due first; how many moved.
    async fn promote_due(&self, queue: &str, max: usize) -> Result<usize, PortError>;

    /// Says that `worker` lives, now.
    async fn heartbeat(&self, queue: &str, worker: &str) -> Result<(), PortError>;

    /// Returns the jobs of workers whose last heartbeat is longer ago than `silence` to the head of
    /// the ready list, in the order in which they were taken, and forgets those workers; how many
    /// jobs came back.
    async fn reap(&self, queue: &str, silence: Duration) -> Result<usize, PortError>;

    /// How full the queue is.
    async fn depth(&self, queue: &str) -> Result<Depth, PortError>;
}

/// A piece of news from some process, this one included.
#[derive(Debug, Clone)]
pub struct BusMessage {
    /// What it is about, e.g. `seats`; one line.
    pub topic: String,
    /// The content; small.
    pub payload: Bytes,
}

impl BusMessage {
    /// The topic of the one piece of news that the bus sends itself: the connection between the
    /// processes was lost and found, something may have been missed, look again.
    pub const RESYNC: &'static str = "resync";
}

/// BusMessage between processes, best effort and unordered across senders.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Tells every subscriber in every process. After an error, those of this process know.
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<(), PortError>;

    /// Listens to all topics from now on. A slow listener loses the oldest news
    /// (`RecvError::Lagged`), never slows a sender down.
    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<BusMessage>;
}
