//! The five ports through which processes cooperate: [`Lock`], [`Cache`], [`Counters`], [`Queue`],
//! [`Bus`].
//!
//! Each has two implementations, [`redis`](super::redis) for many processes and
//! [`memory`](super::memory) for a single one. The choice is made once at start, and callers do not
//! depend on it. Correctness never depends on a port: the database alone guarantees it. A port makes
//! the common case fast, limits load, and passes messages on.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;

/// The reason why a port failed. It is always an infrastructure error.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The service behind the port is unavailable or too slow. A later attempt may succeed.
    #[error("{port} is unavailable: {detail}")]
    Unavailable {
        /// The name of the port, for the log.
        port: &'static str,
        /// The driver's error. It is logged and never sent to a client.
        detail: String,
    },
}

impl PortError {
    /// Creates the error of a `port` that failed because of `detail`.
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
    /// Values that expire by themselves.
    pub cache: Arc<dyn Cache>,
    /// Counters of events, for rate limits.
    pub counters: Arc<dyn Counters>,
    /// Lists of jobs that are ready to run.
    pub queue: Arc<dyn Queue>,
    /// Publish and subscribe between processes.
    pub bus: Arc<dyn Bus>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}

/// A lock that is held. [`Lock::release`] ends it; it expires if its holder crashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The name of the lock, without the installation's prefix.
    pub name: String,
    /// A random value that identifies the holder (compare-and-delete).
    pub token: String,
}

/// A distributed lock: mutual exclusion between processes that is not guaranteed, since a lock expires
/// while its holder may still work.
///
/// A caller that drops [`acquire`](Lock::acquire) before it returns, or gets an error from it, may have
/// taken the lock without knowing. It is free again after `ttl`.
#[async_trait]
pub trait Lock: Send + Sync {
    /// Takes the lock `name` for `ttl`, and waits up to `max_wait` while another caller holds it.
    /// Returns `None` if it was not free in time.
    async fn acquire(
        &self,
        name: &str,
        ttl: Duration,
        max_wait: Duration,
    ) -> Result<Option<Lease>, PortError>;

    /// Releases a lock. If it has expired and another caller holds it, that caller keeps it.
    async fn release(&self, lease: Lease) -> Result<(), PortError>;
}

/// A cache of values, each with an expiry.
#[async_trait]
pub trait Cache: Send + Sync {
    /// Returns the value, or `None` if it is absent or expired.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, PortError>;

    /// Stores a value for `ttl`.
    async fn set(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError>;

    /// Stores many values in one round trip.
    async fn set_many(&self, entries: Vec<(String, Bytes)>, ttl: Duration)
    -> Result<(), PortError>;

    /// Stores a value only if the key is absent. Returns `true` if this call stored it.
    async fn set_if_absent(
        &self,
        key: &str,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, PortError>;

    /// Removes a value, if it is there.
    async fn delete(&self, key: &str) -> Result<(), PortError>;

    /// Checks that the service is available (for `/readyz`).
    async fn ping(&self) -> Result<(), PortError>;

    /// Returns the version of the service; `None` if there is no service outside of this process.
    async fn version(&self) -> Result<Option<String>, PortError>;
}

/// The state of a counter after a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The number of hits in this window, the last one included.
    pub hits: u64,
    /// The time until the window ends.
    pub left: Duration,
}

/// Counters of events in a window of time. They are separate from the cache, so that no number of cached
/// values can evict one. They always answer: while the shared service is unavailable, each process
/// counts by itself.
#[async_trait]
pub trait Counters: Send + Sync {
    /// Adds one hit to a counter. Its window begins with its first hit and lasts for `window`.
    async fn hit(&self, key: &str, window: Duration) -> Count;

    /// Removes one hit, if the window in which it was counted has not ended.
    async fn take_back(&self, key: &str);
}

/// A job as it is written to a queue (Hohpe & Woolf, *Enterprise Integration Patterns*). The queue
/// never reads its content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Envelope {
    /// The exact content of the list's element, by which a held job is found and removed. It is bytes
    /// and not text: other software can put anything on the list, and that must be removable too.
    pub raw: Bytes,
}

impl Envelope {
    /// Wraps an encoded job.
    pub fn new(raw: impl Into<Bytes>) -> Self {
        Self { raw: raw.into() }
    }

    /// Returns the content as text, with invalid UTF-8 replaced by `\u{fffd}`.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.raw)
    }
}

/// The number of jobs in a queue, by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Depth {
    /// The jobs that are ready to run.
    pub ready: u64,
    /// The jobs that a worker holds.
    pub in_hand: u64,
    /// The retries that wait for their time, or to be moved to the ready list.
    pub delayed: u64,
    /// The delayed jobs whose time has come.
    pub due: u64,
}

impl Depth {
    /// Returns the number of jobs in all states.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.ready + self.in_hand + self.delayed
    }
}

/// Named lists of jobs, delivered at least once.
///
/// | state | meaning | leaves it by |
/// | --- | --- | --- |
/// | ready | waits for a worker | `take` |
/// | claimed | held by one worker, which sends heartbeats | `ack` (removed), `delay`, `give_back`, `reap` |
/// | delayed | a retry with a due time | `promote_due` |
///
/// A job is in exactly one of these states, and only [`Queue::ack`] removes it. The jobs of a worker
/// that crashed become ready again by [`Queue::reap`].
///
/// Callers pass durations, never times: processes on machines whose clocks differ share a queue, so only
/// the queue's clock counts.
///
/// A worker's name is used for one run of the worker. A process that starts again uses a new name;
/// otherwise its heartbeats would keep the jobs of the run before from being reaped. A worker sends its
/// first heartbeat before it takes a job. A worker that was reaped although it still runs holds nothing
/// any more: its `ack`, `delay` and `give_back` have no effect, and the jobs run again.
///
/// After an error it is unknown whether the call had its effect. A caller may repeat `push`, which may
/// duplicate jobs. It should repeat `ack`, `delay` and `give_back`: jobs that these leave behind stay
/// claimed until the worker is reaped. The same is true of jobs that a failed `take` has taken; they come
/// back sooner if the worker goes on under a new name.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Appends jobs to the ready list, in order. Many jobs are appended in several steps, so an error
    /// may come after some of them.
    async fn push(&self, queue: &str, jobs: &[Envelope]) -> Result<(), PortError>;

    /// Moves up to `max` jobs from the head of the ready list to the jobs that `worker` holds,
    /// atomically. Waits up to `max_wait` for the first one and returns an empty list if none came.
    ///
    /// A worker that has sent no heartbeat is registered by this call. If the caller drops the future,
    /// the jobs that were taken for it are given back.
    async fn take(
        &self,
        queue: &str,
        worker: &str,
        max: usize,
        max_wait: Duration,
    ) -> Result<Vec<Envelope>, PortError>;

    /// Removes jobs that `worker` holds: they succeeded, failed finally, or could not be decoded.
    async fn ack(&self, queue: &str, worker: &str, jobs: &[Envelope]) -> Result<(), PortError>;

    /// Moves a held job to the delayed set for the duration `wait`; `job` replaces its content. Equal
    /// jobs are one element of that set, and the latest call sets the time.
    async fn delay(
        &self,
        queue: &str,
        worker: &str,
        held: &Envelope,
        job: &Envelope,
        wait: Duration,
    ) -> Result<(), PortError>;

    /// Returns held jobs unchanged to the head of the ready list (graceful shutdown).
    async fn give_back(
        &self,
        queue: &str,
        worker: &str,
        jobs: &[Envelope],
    ) -> Result<(), PortError>;

    /// Moves up to `max` delayed jobs whose time has come to the tail of the ready list, in the order
    /// of their times. Returns how many were moved.
    async fn promote_due(&self, queue: &str, max: usize) -> Result<usize, PortError>;

    /// Records that `worker` is alive now.
    async fn heartbeat(&self, queue: &str, worker: &str) -> Result<(), PortError>;

    /// Returns the jobs of workers whose last heartbeat is longer ago than `silence` to the head of
    /// the ready list, in the order in which they were taken, and removes those workers. Returns how many
    /// jobs became ready.
    async fn reap(&self, queue: &str, silence: Duration) -> Result<usize, PortError>;

    /// Counts the jobs of a queue.
    async fn depth(&self, queue: &str) -> Result<Depth, PortError>;
}

/// A message that some process published, possibly this one.
#[derive(Debug, Clone)]
pub struct BusMessage {
    /// The topic, for example `seats`; one line.
    pub topic: String,
    /// The content; a few bytes.
    pub payload: Bytes,
}

impl BusMessage {
    /// The topic of the only message that the bus itself sends: the connection between the processes was
    /// lost and restored, so messages may be missing and subscribers should read the database.
    pub const RESYNC: &'static str = "resync";
}

/// Publish and subscribe between processes. Messages may be lost, and have no order across senders.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Sends a message to every subscriber in every process. After an error, only the subscribers in this
    /// process have received it.
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<(), PortError>;

    /// Sends several messages like [`publish`](Self::publish), in one exchange where there is one.
    async fn publish_all(&self, messages: Vec<BusMessage>) -> Result<(), PortError> {
        for BusMessage { topic, payload } in messages {
            self.publish(&topic, payload).await?;
        }
        Ok(())
    }

    /// Subscribes to all topics from now on. A slow subscriber loses the oldest messages
    /// (`RecvError::Lagged`) and never slows a sender down.
    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<BusMessage>;
}
