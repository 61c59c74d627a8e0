//! [`Counters`] that all processes share. While Redis is unavailable, each process counts by itself.

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use redis::Script;

use super::{client::RedisClient, expiry::px};
use crate::store::{
    memory::MemoryCounters,
    ports::{Count, Counters},
};

static HIT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("hit.lua")));
static TAKE_BACK: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take_back.lua")));

pub(super) struct RedisCounters {
    pub(super) client: RedisClient,
    /// Counts during an outage, so that an outage does not lift the limits on guessing passwords.
    pub(super) local: MemoryCounters,
}

#[async_trait]
impl Counters for RedisCounters {
    async fn hit(&self, key: &str, window: Duration) -> Count {
        let mut hit = HIT.key(self.client.key(key));
        hit.arg(px(window));
        match self.client.script::<(u64, i64)>(&hit).await {
            Ok((hits, left)) => Count {
                hits,
                left: Duration::from_millis(u64::try_from(left).unwrap_or(0)),
            },
            Err(error) => {
                tracing::debug!(%error, "Counted a hit of a rate limit in this process only: Redis is unavailable");
                self.local.hit(key, window).await
            }
        }
    }

    async fn take_back(&self, key: &str) {
        let take_back = TAKE_BACK.key(self.client.key(key));
        if let Err(error) = self.client.script::<i64>(&take_back).await {
            tracing::debug!(%error, "Removed a hit of a rate limit in this process only: Redis is unavailable");
            self.local.take_back(key).await;
        }
    }
}
