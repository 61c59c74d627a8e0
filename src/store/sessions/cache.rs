//! The cache in front of the table of sessions.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ops::Clock, store::ports::Cache};

/// How long the cache keeps an entry at most.
pub(super) const CACHE_TTL: Duration = Duration::from_secs(60);

/// A session as it is stored in the cache.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CachedSession {
    pub data: HashMap<String, Value>,
    pub expires_at: DateTime<Utc>,
}

/// Keeps sessions for a short time. A failure costs a query and is logged.
#[derive(Clone)]
pub(super) struct SessionCache {
    cache: Arc<dyn Cache>,
    clock: Clock,
}

impl SessionCache {
    pub(super) fn new(cache: Arc<dyn Cache>, clock: Clock) -> Self {
        Self { cache, clock }
    }

    /// Returns the entry of a session; `None` also if the cache is unavailable.
    pub(super) async fn get(&self, id: &str) -> Option<CachedSession> {
        match self.cache.get(&key(id)).await {
            Ok(bytes) => bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()),
            Err(error) => {
                tracing::debug!(%error, "Could not read the session cache; the session is read from its table");
                None
            }
        }
    }

    /// Keeps a session for the rest of its time, and for [`CACHE_TTL`] at most.
    pub(super) async fn insert(
        &self,
        id: &str,
        data: &HashMap<String, Value>,
        expires_at: DateTime<Utc>,
    ) {
        let remaining = (expires_at - self.clock.now()).to_std().unwrap_or_default();
        if remaining.is_zero() {
            return;
        }
        let entry = CachedSession {
            data: data.clone(),
            expires_at,
        };
        let result = match serde_json::to_vec(&entry) {
            Ok(json) => {
                self.cache
                    .set(&key(id), Bytes::from(json), remaining.min(CACHE_TTL))
                    .await
            }
            Err(error) => {
                return tracing::error!(%error, "Could not serialize a session for the session cache");
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, "Could not write to the session cache; the session is in its table");
        }
    }

    /// Removes the entry of a session that has ended.
    pub(super) async fn remove(&self, id: &str) {
        if let Err(error) = self.cache.delete(&key(id)).await {
            tracing::warn!(%error, "Could not remove an ended session from the cache; it may be valid for another minute");
        }
    }
}

fn key(name: &str) -> String {
    format!("session:{name}")
}
