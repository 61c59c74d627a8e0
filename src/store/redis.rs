//! The ports on Redis (7.0 or later), for many processes.
//!
//! # What stands where
//!
//! `mc` is the installation's prefix. Everything expires but the queues.
//!
//! | key | type | meaning |
//! | --- | --- | --- |
//! | `mc:lock:<name>` | string, `PX` | a lock; the value proves who holds it |
//! | `mc:wanted:{mc:lock:<name>}` | string, `PX` | somebody waits for that lock |
//! | `mc:<key>` | string, `PX` | a cached value or a counter |
//! | `mc:queue:{<name>}` | list | jobs ready to run: pushed at the tail, taken from the head |
//! | `mc:queue:{<name>}:processing:<worker>` | list | jobs in a worker's hands, in the order taken |
//! | `mc:queue:{<name>}:delayed` | sorted set | retries, by due time (ms) |
//! | `mc:queue:{<name>}:workers` | sorted set | workers, by last heartbeat (ms) |
//! | `mc:news` | channel | the bus: topic, line feed, payload |
//!
//! # How a job travels
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
//! Each arrow is one Lua script (the `.lua` files beside this one) or one command, so a job is
//! never in two places, and never in none. A queue's keys share a hash tag and each script is
//! given all its keys, as Redis Cluster demands.
//!
//! A worker that finds nothing waits with `BLMOVE ready ready LEFT LEFT`, which takes the head and
//! puts it back where it was: it wakes on any push by anybody and moves nothing. Only the take
//! script moves, and it makes the worker known in the same step, so there is no moment at which a
//! job is in hands that nobody would look into.
//!
//! # Whose time it is
//!
//! Heartbeats, due times and deaths are by one clock: the scripts ask Redis for `TIME`. Callers
//! say how long, never when, so machines whose clocks differ do not find each other's workers
//! dead.
//!
//! # When Redis is away
//!
//! Every exchange has a time limit ([`QUICK`] where a person waits, [`PATIENT`] where only a
//! worker does). After one failure a breaker answers [`PortError::Unavailable`] at once, and one
//! caller in each half second finds out whether Redis is back. Nothing needs a restart.
//!
//! [`PortError::Unavailable`]: super::ports::PortError::Unavailable

mod breaker;
mod bus;
mod cache;
mod counters;
mod link;
mod lock;
mod queue;

use std::{sync::Arc, time::Duration};

use self::{
    bus::RedisBus, cache::RedisCache, counters::RedisCounters, link::Link, lock::RedisLock,
    queue::RedisQueue,
};
use super::{memory::MemoryCounters, ports::Ports};
use crate::ops::Clock;

/// The time limit of an exchange on which a person waits.
pub const QUICK: Duration = Duration::from_millis(250);

/// The time limit of an exchange on which only a worker waits.
pub const PATIENT: Duration = Duration::from_secs(5);

/// The URL cannot be used at all, whether or not a Redis is there.
#[derive(Debug, thiserror::Error)]
#[error("not a usable Redis URL: {0}")]
pub struct InvalidRedisUrl(String);

/// The five ports on the Redis at `url` (`redis://` or `rediss://`), all keys below
/// `prefix`.
///
/// Redis need not be there yet: the ports answer "unavailable" until it is. Who wants to know asks
/// [`Cache::ping`](super::ports::Cache::ping). `rediss://` needs a process-wide rustls
/// `CryptoProvider`. `clock` matters only if a test sets the time with it.
pub async fn connect(url: &str, prefix: &str, clock: &Clock) -> Result<Ports, InvalidRedisUrl> {
    connect_within(url, prefix, clock, QUICK).await
}

/// Like [`connect`], with another limit than [`QUICK`]: for tests on a machine that is so busy that
/// a healthy Redis may take longer.
pub async fn connect_within(
    url: &str,
    prefix: &str,
    clock: &Clock,
    quick: Duration,
) -> Result<Ports, InvalidRedisUrl> {
    let link = Link::new(url, prefix, quick)?;
    Ok(Ports {
        lock: Arc::new(RedisLock::new(link.of("lock"))),
        cache: Arc::new(RedisCache {
            link: link.of("cache"),
        }),
        counters: Arc::new(RedisCounters {
            link: link.of("counters"),
            local: MemoryCounters::default(),
        }),
        queue: Arc::new(RedisQueue::new(link.of("queue"), clock.clone())),
        bus: Arc::new(RedisBus::start(link.of("bus")).await),
    })
}

/// A time to live as Redis takes it; it refuses zero.
fn px(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}
