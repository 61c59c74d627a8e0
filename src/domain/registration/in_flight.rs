//! Idempotency keys whose first request takes long.
//!
//! A repeat of such a request waits for a shorter time than the first, and then gets the response that the
//! first is in progress. Keys are marked only after a second, so that it costs a fast request nothing.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{
    model::{IdempotencyKey, UserId},
    store::ports::Ports,
};

/// The keys of requests that are in progress, in this process and in the shared cache. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct InFlightKeys {
    /// Known also while the cache is unavailable.
    local: Arc<Mutex<HashSet<String>>>,
    ports: Ports,
}

/// A key that the holder marked as in progress. Dropping it ends the local mark at once; the mark in the
/// shared cache expires unless [`InFlightKey::end`] removes it.
#[derive(Debug)]
pub(super) struct InFlightKey {
    name: String,
    keys: InFlightKeys,
}

impl InFlightKeys {
    /// Creates an empty set over the shared cache.
    pub(super) fn new(ports: Ports) -> Self {
        Self {
            local: Arc::default(),
            ports,
        }
    }

    /// Marks a key for at most `ttl`; returns `None` if another request marked it before.
    pub(super) async fn begin(
        &self,
        user: UserId,
        key: &IdempotencyKey,
        ttl: Duration,
    ) -> Option<InFlightKey> {
        let name = cache_key(user, key);
        if !self.lock().insert(name.clone()) {
            return None;
        }
        let marked = InFlightKey {
            name,
            keys: self.clone(),
        };
        let first = self
            .ports
            .cache
            .set_if_absent(&marked.name, Bytes::from_static(b"1"), ttl)
            .await
            // Without the cache, this process's own repeats are known all the same.
            .unwrap_or(true);
        first.then_some(marked)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InFlightKey {
    /// Removes the mark from the shared cache.
    pub(super) async fn end(self) {
        if let Err(error) = self.keys.ports.cache.delete(&self.name).await {
            tracing::debug!(%error, "Could not remove the mark of an idempotency key in flight; it expires");
        }
    }
}

impl Drop for InFlightKey {
    fn drop(&mut self) {
        self.keys.lock().remove(&self.name);
    }
}

/// Returns the cache's key of a mark. The client's key is hashed, so that none of its characters are in
/// it.
fn cache_key(user: UserId, key: &IdempotencyKey) -> String {
    let digest = Sha256::digest(key.as_str());
    format!("inflight:{user}:{}", hex::encode(digest))
}
