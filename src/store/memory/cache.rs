//! [`Cache`] in one process: moka, with an expiry for each entry and a bound on memory.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use moka::{Expiry, future::Cache as Moka, policy::EvictionPolicy};

use crate::store::ports::{Cache, PortError};

/// About how much memory entries may take (bytes). Beyond it the least recently used go first.
const ROOM: u64 = 64 << 20;

/// About what an entry costs besides its key and value (bytes).
const OVERHEAD: usize = 200;

pub(super) struct MemoryCache {
    entries: Moka<String, Entry>,
}

#[derive(Clone)]
struct Entry {
    value: Bytes,
    ends: Instant,
}

impl Entry {
    fn new(value: Bytes, ttl: Duration) -> Self {
        Self {
            value,
            ends: Instant::now() + ttl,
        }
    }
}

/// Every entry knows when it ends, whether it is new or replaces another.
struct EndsByItself;

impl Expiry<String, Entry> for EndsByItself {
    fn expire_after_create(&self, _: &String, entry: &Entry, now: Instant) -> Option<Duration> {
        Some(entry.ends.saturating_duration_since(now))
    }

    fn expire_after_update(
        &self,
        _: &String,
        entry: &Entry,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.ends.saturating_duration_since(now))
    }
}

impl MemoryCache {
    pub(super) fn new() -> Self {
        let entries = Moka::builder()
            .max_capacity(ROOM)
            .weigher(|key: &String, entry: &Entry| {
                u32::try_from(OVERHEAD + key.len() + entry.value.len()).unwrap_or(u32::MAX)
            })
            // Not moka's default, which may refuse what was just stored in favour of what is
            // asked for more often.
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(EndsByItself)
            .build();
        Self { entries }
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let entry = self.entries.get(key).await;
        Ok(entry.map(|entry| entry.value))
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        let entry = Entry::new(value, ttl);
        self.entries.insert(key.to_owned(), entry).await;
        Ok(())
    }

    async fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Duration,
    ) -> Result<(), PortError> {
        for (key, value) in entries {
            self.entries.insert(key, Entry::new(value, ttl)).await;
        }
        Ok(())
    }

    async fn set_if_absent(
        &self,
        key: &str,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        let slot = self.entries.entry_by_ref(key);
        let entry = slot.or_insert_with(async { Entry::new(value, ttl) });
        Ok(entry.await.is_fresh())
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        self.entries.invalidate(key).await;
        Ok(())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}
