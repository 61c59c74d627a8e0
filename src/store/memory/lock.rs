//! [`Lock`] in one process: fair (first come, first served), and it expires like the other one.

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

use super::locked;
use crate::store::ports::{Lease, Lock, PortError};

#[derive(Default)]
pub(super) struct MemoryLock {
    doors: Mutex<HashMap<String, Arc<Door>>>,
}

/// One lock: whoever has the one permit is inside, the others stand in the semaphore's line.
struct Door {
    line: Arc<Semaphore>,
    inside: Mutex<Option<Holder>>,
}

struct Holder {
    token: String,
    /// Goes to the next in line when the holder is dropped.
    _permit: OwnedSemaphorePermit,
    /// Shows the holder out when its time is over.
    _expiry: AbortOnDropHandle<()>,
}

impl Door {
    fn new() -> Self {
        Self {
            line: Arc::new(Semaphore::new(1)),
            inside: Mutex::new(None),
        }
    }

    fn enter(self: &Arc<Self>, permit: OwnedSemaphorePermit, ttl: Duration) -> String {
        let token = format!("{:032x}", rand::random::<u128>());
        let (door, holder) = (Arc::downgrade(self), token.clone());
        // Locked first, so that even the shortest expiry finds somebody to show out.
        let mut inside = locked(&self.inside);
        let expiry = tokio::spawn(async move {
            sleep(ttl).await;
            if let Some(door) = door.upgrade() {
                door.leave(&holder);
            }
        });
        *inside = Some(Holder {
            token: token.clone(),
            _permit: permit,
            _expiry: AbortOnDropHandle::new(expiry),
        });
        token
    }

    /// Lets the holder out, if it still is the one with this token.
    fn leave(&self, token: &str) {
        locked(&self.inside).take_if(|holder| holder.token == token);
    }
}

impl MemoryLock {
    fn door(&self, name: &str) -> Arc<Door> {
        let mut doors = locked(&self.doors);
        let door = doors
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Door::new()));
        Arc::clone(door)
    }

    /// Forgets a door that nobody uses any more.
    fn tidy(&self, name: &str) {
        let mut doors = locked(&self.doors);
        let unused =
            |door: &Arc<Door>| Arc::strong_count(door) == 1 && door.line.available_permits() == 1;
        if doors.get(name).is_some_and(unused) {
            doors.remove(name);
        }
    }
}

#[async_trait]
impl Lock for MemoryLock {
    async fn acquire(
        &self,
        name: &str,
        ttl: Duration,
        patience: Duration,
    ) -> Result<Option<Lease>, PortError> {
        let door = self.door(name);
        let turn = Arc::clone(&door.line).acquire_owned();
        match timeout(patience, turn).await {
            Ok(permit) => {
                let permit = permit.map_err(|closed| PortError::unavailable("lock", closed))?;
                let token = door.enter(permit, ttl);
                let name = name.to_owned();
                Ok(Some(Lease { name, token }))
            }
            Err(_elapsed) => Ok(None),
        }
    }

    async fn release(&self, lease: Lease) -> Result<(), PortError> {
        self.door(&lease.name).leave(&lease.token);
        self.tidy(&lease.name);
        Ok(())
    }
}
