//! [`Lock`] within one process: fair (first come, first served), and with an expiry as on Redis.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::mutex::locked;
use crate::store::ports::{Lease, Lock, PortError};

#[derive(Default)]
pub(super) struct MemoryLock {
    locks: Mutex<HashMap<String, Arc<NamedLock>>>,
}

/// The lock of one name: its holder owns the semaphore's only permit, and others wait for it in order.
struct NamedLock {
    permits: Arc<Semaphore>,
    holder: Mutex<Option<LockHolder>>,
}

/// The caller that holds a lock.
struct LockHolder {
    token: String,
    /// Passed to the next waiter when the holder is dropped.
    _permit: OwnedSemaphorePermit,
    /// The task that releases the lock when it expires.
    _expiry: AbortOnDropHandle<()>,
}

impl NamedLock {
    fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(1)),
            holder: Mutex::new(None),
        }
    }

    /// Makes the owner of `permit` the holder for `ttl`. Returns its token.
    fn hold(self: &Arc<Self>, permit: OwnedSemaphorePermit, ttl: Duration) -> String {
        let token = format!("{:032x}", rand::random::<u128>());
        let (lock, expiring) = (Arc::downgrade(self), token.clone());
        // Locked before the task starts, so that even the shortest expiry finds the holder.
        let mut holder = locked(&self.holder);
        let expiry = tokio::spawn(async move {
            sleep(ttl).await;
            if let Some(lock) = lock.upgrade() {
                lock.release_if_held_by(&expiring);
            }
        });
        *holder = Some(LockHolder {
            token: token.clone(),
            _permit: permit,
            _expiry: AbortOnDropHandle::new(expiry),
        });
        token
    }

    /// Releases the lock, if it is held with this token.
    fn release_if_held_by(&self, token: &str) {
        locked(&self.holder).take_if(|holder| holder.token == token);
    }
}

impl MemoryLock {
    /// Returns the lock of a name, and creates it if necessary.
    fn lock(&self, name: &str) -> Arc<NamedLock> {
        let mut locks = locked(&self.locks);
        let lock = locks
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(NamedLock::new()));
        Arc::clone(lock)
    }

    /// Removes a lock that is not used any more.
    fn remove_if_unused(&self, name: &str) {
        let mut locks = locked(&self.locks);
        let unused = |lock: &Arc<NamedLock>| {
            Arc::strong_count(lock) == 1 && lock.permits.available_permits() == 1
        };
        if locks.get(name).is_some_and(unused) {
            locks.remove(name);
        }
    }
}

#[async_trait]
impl Lock for MemoryLock {
    async fn acquire(
        &self,
        name: &str,
        ttl: Duration,
        max_wait: Duration,
    ) -> Result<Option<Lease>, PortError> {
        let lock = self.lock(name);
        let permit = Arc::clone(&lock.permits).acquire_owned();
        match timeout(max_wait, permit).await {
            Ok(permit) => {
                let permit = permit.map_err(|closed| PortError::unavailable("lock", closed))?;
                let token = lock.hold(permit, ttl);
                let name = name.to_owned();
                Ok(Some(Lease { name, token }))
            }
            Err(_elapsed) => Ok(None),
        }
    }

    async fn release(&self, lease: Lease) -> Result<(), PortError> {
        self.lock(&lease.name).release_if_held_by(&lease.token);
        self.remove_if_unused(&lease.name);
        Ok(())
    }
}
