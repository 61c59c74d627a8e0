//! The ports within one process: they need no service, share nothing, and lose everything at the end.
//!
//! All of it can be restored from the database: stored responses, sessions, and the jobs in the outbox.

mod bus;
mod cache;
mod counters;
mod lock;
mod mutex;
mod queue;

use std::sync::Arc;

pub(super) use self::counters::MemoryCounters;
use self::{bus::MemoryBus, cache::MemoryCache, lock::MemoryLock, queue::MemoryQueue};
use super::ports::Ports;
use crate::ops::Clock;

/// Creates five empty ports. `clock` times retries and heartbeats.
#[must_use]
pub fn ports(clock: &Clock) -> Ports {
    Ports {
        lock: Arc::new(MemoryLock::default()),
        cache: Arc::new(MemoryCache::new()),
        counters: Arc::new(MemoryCounters::default()),
        queue: Arc::new(MemoryQueue::new(clock.clone())),
        bus: Arc::new(MemoryBus::new()),
    }
}
