//! The first of two idempotency layers: outcomes in this process's memory, then in the `Cache` port.
//!
//! The second layer, the table `idempotency_logs`, is written in the transaction that takes the seat,
//! so everything here may be lost. An outcome never changes while it is stored, so a copy in memory is
//! as good as the original.

use std::time::Duration;
use std::{borrow::Cow, sync::Arc};

use chrono::{DateTime, Utc};
use moka::future::Cache as Moka;
use serde::{Deserialize, Serialize};

use super::outcome::{ResponseCodec, StoredOutcome, StoredResponse};
use crate::{
    model::{IdempotencyKey, UserId},
    ops::Clock,
    store::ports::Ports,
};

/// The number of outcomes that one process keeps in memory.
const LOCAL_ENTRIES: u64 = 50_000;
/// How long an outcome is kept in memory: shorter than any sensible time to live of the outcome itself.
const LOCAL_TTL: Duration = Duration::from_secs(600);

/// Stored outcomes by account and idempotency key. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct ResponseCache {
    local: Moka<(UserId, IdempotencyKey), Arc<StoredOutcome>>,
    ports: Ports,
    clock: Clock,
    codec: ResponseCodec,
    ttl: Duration,
}

/// An entry of the shared cache, in JSON. Processes of different releases read each other's entries.
#[derive(Debug, Serialize, Deserialize)]
struct CachedResponse<'a> {
    fingerprint: Cow<'a, str>,
    status: u16,
    body: Cow<'a, str>,
    expires_at: DateTime<Utc>,
}

impl ResponseCache {
    /// Creates a cache that keeps entries for `ttl` in the shared cache.
    pub(super) fn new(ports: Ports, clock: Clock, codec: ResponseCodec, ttl: Duration) -> Self {
        Self {
            local: Moka::builder()
                .max_capacity(LOCAL_ENTRIES)
                .time_to_live(LOCAL_TTL.min(ttl))
                .build(),
            ports,
            clock,
            codec,
            ttl,
        }
    }

    /// Returns the outcome that is stored under a key, if it is cached and has not expired.
    pub(super) async fn get(
        &self,
        user: UserId,
        key: &IdempotencyKey,
    ) -> Option<Arc<StoredOutcome>> {
        let now = self.clock.now();
        if let Some(stored) = self.local.get(&(user, key.clone())).await
            && now < stored.expires_at
        {
            return Some(stored);
        }
        let bytes = match self.ports.cache.get(&cache_key(user, key)).await {
            Ok(bytes) => bytes?,
            Err(error) => {
                tracing::debug!(%error, "Could not read the response cache; the database has the response");
                return None;
            }
        };
        match serde_json::from_slice::<CachedResponse<'_>>(&bytes) {
            Ok(entry) if entry.expires_at <= now => None,
            Ok(entry) => {
                let stored = Arc::new(self.restore(entry));
                self.insert_local(user, key, Arc::clone(&stored)).await;
                Some(stored)
            }
            Err(error) => {
                tracing::warn!(%error, "Could not decode an entry of the response cache; the database has the response");
                None
            }
        }
    }

    fn restore(&self, entry: CachedResponse<'_>) -> StoredOutcome {
        let response = StoredResponse {
            status: entry.status,
            body: entry.body.into_owned(),
        };
        let fingerprint = entry.fingerprint.into_owned();
        StoredOutcome::restore(&self.codec, fingerprint, response, entry.expires_at)
    }

    /// Keeps an outcome in this process's memory.
    pub(super) async fn insert_local(
        &self,
        user: UserId,
        key: &IdempotencyKey,
        stored: Arc<StoredOutcome>,
    ) {
        self.local.insert((user, key.clone()), stored).await;
    }

    /// Writes outcomes to the shared cache. A failure is logged; the database has the outcomes.
    pub(super) async fn insert_shared<'a>(
        &self,
        outcomes: impl Iterator<Item = (UserId, &'a IdempotencyKey, &'a StoredOutcome)>,
    ) {
        let entries: Vec<_> = outcomes
            .filter_map(|(user, key, stored)| {
                let entry = CachedResponse {
                    fingerprint: Cow::Borrowed(&stored.fingerprint),
                    status: stored.response.status,
                    body: Cow::Borrowed(&stored.response.body),
                    expires_at: stored.expires_at,
                };
                let bytes = serde_json::to_vec(&entry).ok()?;
                Some((cache_key(user, key), bytes.into()))
            })
            .collect();
        if !entries.is_empty()
            && let Err(error) = self.ports.cache.set_many(entries, self.ttl).await
        {
            tracing::debug!(%error, "Could not write to the response cache; the database has the responses");
        }
    }
}

/// Returns the cache's key of an outcome. The client's part may hold every visible character; as it is
/// bounded and follows the account's id, it can only collide with itself.
fn cache_key(user: UserId, key: &IdempotencyKey) -> String {
    format!("idem:{user}:{key}")
}
