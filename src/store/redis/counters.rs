//! [`Counters`] that all processes share; while Redis is away each process counts by itself.

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use redis::Script;

use super::{link::Link, px};
use crate::store::{
    memory::MemoryCounters,
    ports::{Count, Counters},
};

static HIT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("hit.lua")));
static TAKE_BACK: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take_back.lua")));

pub(super) struct RedisCounters {
    pub(super) link: Link,
    /// Whoever guesses passwords must not be able to wait for an outage.
    pub(super) local: MemoryCounters,
}

#[async_trait]
impl Counters for RedisCounters {
    async fn hit(&self, key: &str, window: Duration) -> Count {
        let mut hit = HIT.key(self.link.key(key));
        hit.arg(px(window));
        match self.link.script::<(u64, i64)>(&hit).await {
            Ok((hits, left)) => Count {
                hits,
                left: Duration::from_millis(u64::try_from(left).unwrap_or(0)),
            },
            Err(error) => {
                tracing::debug!(%error, "counting in this process only");
                self.local.hit(key, window).await
            }
        }
    }

    async fn take_back(&self, key: &str) {
        let take_back = TAKE_BACK.key(self.link.key(key));
        if let Err(error) = self.link.script::<i64>(&take_back).await {
            tracing::debug!(%error, "a hit is taken back in this process only");
            self.local.take_back(key).await;
        }
    }
}
