//! [`Cache`] within one process: moka, with an expiry for each entry and a bound on memory.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use moka::{Expiry, future::Cache as Moka, policy::EvictionPolicy};

use crate::store::ports::{Cache, PortError};

/// The approximate memory for all entries, in bytes. Beyond it the least recently used are evicted.
const MEMORY_LIMIT: u64 = 64 << 20;

/// The approximate cost of an entry besides its key and value, in bytes.
const OVERHEAD: usize = 200;

pub(super) struct MemoryCache {
    entries: Moka<String, StoredValue>,
}

/// A value and its expiry.
#[derive(Clone)]
struct StoredValue {
    value: Bytes,
    expires_at: Instant,
}

impl StoredValue {
    fn new(value: Bytes, ttl: Duration) -> Self {
        Self {
            value,
            expires_at: Instant::now() + ttl,
        }
    }
}

/// Expires each entry at its own time, whether it is new or replaces another.
struct EntryExpiry;

impl Expiry<String, StoredValue> for EntryExpiry {
    fn expire_after_create(
        &self,
        _: &String,
        entry: &StoredValue,
        now: Instant,
    ) -> Option<Duration> {
        Some(entry.expires_at.saturating_duration_since(now))
    }

    fn expire_after_update(
        &self,
        _: &String,
        entry: &StoredValue,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.expires_at.saturating_duration_since(now))
    }
}

impl MemoryCache {
    pub(super) fn new() -> Self {
        let entries = Moka::builder()
            .max_capacity(MEMORY_LIMIT)
            .weigher(|key: &String, entry: &StoredValue| {
                u32::try_from(OVERHEAD + key.len() + entry.value.len()).unwrap_or(u32::MAX)
            })
            // Not moka's default, which may evict a new entry in favour of one that is read more often.
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(EntryExpiry)
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
        let entry = StoredValue::new(value, ttl);
        self.entries.insert(key.to_owned(), entry).await;
        Ok(())
    }

    async fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Duration,
    ) -> Result<(), PortError> {
        for (key, value) in entries {
            self.entries.insert(key, StoredValue::new(value, ttl)).await;
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
        let entry = slot.or_insert_with(async { StoredValue::new(value, ttl) });
        Ok(entry.await.is_fresh())
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        self.entries.invalidate(key).await;
        Ok(())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }

    async fn version(&self) -> Result<Option<String>, PortError> {
        Ok(None)
    }
}
