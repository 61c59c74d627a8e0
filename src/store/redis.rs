//! The ports on Redis (7.0 or later), for many processes.
//!
//! # Keys
//!
//! `mc` is the installation's prefix. Every key but those of the queues expires.
//!
//! | key | type | meaning |
//! | --- | --- | --- |
//! | `mc:lock:<name>` | string, `PX` | a lock; the value identifies its holder |
//! | `mc:wanted:{mc:lock:<name>}` | string, `PX` | another process waits for that lock |
//! | `mc:<key>` | string, `PX` | a cached value or a counter |
//! | `mc:queue:{<name>}` | list | jobs ready to run: pushed at the tail, taken from the head |
//! | `mc:queue:{<name>}:processing:<worker>` | list | jobs that a worker holds, in the order taken |
//! | `mc:queue:{<name>}:delayed` | sorted set | retries, by due time (ms) |
//! | `mc:queue:{<name>}:workers` | sorted set | workers, by last heartbeat (ms) |
//! | `mc:bus` | channel | the bus: topic, line feed, payload |
//!
//! # The states of a job
//!
//! ```text
//!            push                take                  ack
//!  producer ──────▶ tail  ready  head ──────▶ processing ─────▶ gone
//!                     ▲           ▲            │     │
//!                     │           └────────────┘     │ delay
//!         promote_due │       give_back, reap        ▼
//!                     └─────────────────────────  delayed
//! ```
//!
//! Each arrow is one Lua script (the `.lua` files in this folder) or one command, so a job is always in
//! exactly one state. A queue's keys share a hash tag and each script gets all its keys, as Redis
//! Cluster requires.
//!
//! A worker that finds nothing waits with `BLMOVE ready ready LEFT LEFT`, which takes the head and
//! puts it back where it was: it returns on any push and changes nothing. Only the take script moves
//! jobs, and it registers the worker in the same step, so that reaping finds every held job.
//!
//! # Clock
//!
//! Heartbeats and due times are measured by one clock: the scripts ask Redis for `TIME`. Callers pass
//! durations, never times, so machines whose clocks differ do not reap each other's workers.
//!
//! # Outages
//!
//! Every exchange has a time limit ([`REQUEST_TIMEOUT`] where a request waits, [`WORKER_TIMEOUT`] where
//! only a worker does). After one failure a circuit breaker returns [`PortError::Unavailable`] at once, and
//! one caller in each half second tries whether Redis is available again. No restart is needed.
//!
//! [`PortError::Unavailable`]: super::ports::PortError::Unavailable

mod bus;
mod cache;
mod circuit_breaker;
mod client;
mod counters;
mod expiry;
mod grouped_gets;
mod lock;
mod queue;

use std::{sync::Arc, time::Duration};

pub use self::client::{InvalidRedisUrl, WORKER_TIMEOUT};
use self::{
    bus::RedisBus, cache::RedisCache, client::RedisClient, counters::RedisCounters,
    lock::RedisLock, queue::RedisQueue,
};
use super::{memory::MemoryCounters, ports::Ports};
use crate::ops::Clock;

/// The time limit of an exchange on which a request waits.
pub const REQUEST_TIMEOUT: Duration = Duration::from_millis(250);

/// Creates the five ports on the Redis at `url` (`redis://` or `rediss://`), with all keys below
/// `prefix`.
///
/// Redis need not be available yet: until it is, the ports return [`Unavailable`](super::ports::PortError::Unavailable), as does
/// [`Cache::ping`](super::ports::Cache::ping). `rediss://` needs a process-wide rustls `CryptoProvider`.
/// `clock` matters only if a test sets the time with it.
///
/// # Errors
/// Returns [`InvalidRedisUrl`] if the URL is malformed.
pub async fn connect(url: &str, prefix: &str, clock: &Clock) -> Result<Ports, InvalidRedisUrl> {
    connect_within(url, prefix, clock, REQUEST_TIMEOUT).await
}

/// Works like [`connect`] with another limit than [`REQUEST_TIMEOUT`], for tests on a machine that is so
/// busy that a healthy Redis may take longer.
///
/// # Errors
/// Returns [`InvalidRedisUrl`] if the URL is malformed.
pub async fn connect_within(
    url: &str,
    prefix: &str,
    clock: &Clock,
    request_timeout: Duration,
) -> Result<Ports, InvalidRedisUrl> {
    let client = RedisClient::new(url, prefix, request_timeout)?;
    Ok(Ports {
        lock: Arc::new(RedisLock::new(client.for_port("lock"))),
        cache: Arc::new(RedisCache::new(client.for_port("cache"))),
        counters: Arc::new(RedisCounters {
            client: client.for_port("counters"),
            local: MemoryCounters::default(),
        }),
        queue: Arc::new(RedisQueue::new(client.for_port("queue"), clock.clone())),
        bus: Arc::new(RedisBus::start(client.for_port("bus")).await),
    })
}
