//! The ports within one process: they need no service, share nothing, and lose everything at the end.
//!
//! All of it can be restored from the database: stored responses, sessions, and the jobs in the outbox.

mod bus;
mod cache;
mod counters;
mod lock;
mod queue;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// Locks a mutex for a few instructions. No change below panics halfway, so the content of a poisoned
/// mutex is valid.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
