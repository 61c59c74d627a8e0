//! Locking the mutexes of the ports in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex for a few instructions. No change under these locks panics halfway, so the content of a poisoned
/// mutex is valid.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
