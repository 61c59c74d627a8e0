//! [`Lock`] on Redis: `SET NX PX` with a random value, released by compare-and-delete.

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use redis::Script;
use tokio::time::Instant;

use super::{link::Link, px};
use crate::store::ports::{Lease, Lock, PortError};

static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// How long a waiter sleeps between two tries: a random time, so that waiters spread.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 2..=20;

pub(super) struct RedisLock {
    pub(super) link: Link,
}

impl RedisLock {
    fn key(&self, name: &str) -> String {
        self.link.key(format_args!("lock:{name}"))
    }
}

#[async_trait]
impl Lock for RedisLock {
    async fn acquire(
        &self,
        name: &str,
        ttl: Duration,
        patience: Duration,
    ) -> Result<Option<Lease>, PortError> {
        let token = format!("{:032x}", rand::random::<u128>());
        let mut set = redis::cmd("SET");
        set.arg(self.key(name)).arg(&token).arg("NX");
        set.arg("PX").arg(px(ttl));

        let deadline = Instant::now() + patience;
        loop {
            if self.link.query(&set).await? {
                let name = name.to_owned();
                return Ok(Some(Lease { name, token }));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let pause = Duration::from_millis(rand::random_range(PAUSE_MS));
            tokio::time::sleep(pause.min(left)).await;
        }
    }

    async fn release(&self, lease: Lease) -> Result<(), PortError> {
        let mut release = RELEASE.key(self.key(&lease.name));
        release.arg(lease.token);
        self.link.script(&release).await
    }
}
