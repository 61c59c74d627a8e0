//! The ports in one process: nothing to install, nothing shared, nothing kept after the end.
//!
//! What is lost with the process is found again elsewhere: cached answers and sessions in the
//! database, jobs in the outbox.

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

/// Five new, empty ports; retries and heartbeats are by `clock`.
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

/// Locks for a few instructions. Nothing below panics halfway through a change, so what a
/// poisoned mutex holds is as good as any.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
