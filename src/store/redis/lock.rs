//! [`Lock`] on Redis: `SET NX PX` with a random value, released by compare-and-delete.
//!
//! A holder that takes the lock again at once would win against waiters, which only try now and then. So
//! a waiter sets a mark, and a holder that finds the mark on release waits before its next attempt.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use redis::Script;
use tokio::time::{Instant, sleep, sleep_until};

use super::{client::RedisClient, expiry::px};
use crate::store::ports::{Lease, Lock, PortError};

static ACQUIRE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("acquire.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// How long a waiter sleeps between two attempts, in milliseconds: a random time, so that waiters spread.
const SHORT_PAUSE_MS: std::ops::RangeInclusive<u64> = 1..=4;
/// The same for a waiter that has waited for longer than [`SHORT_WAIT`].
const LONG_PAUSE_MS: std::ops::RangeInclusive<u64> = 5..=20;
/// Locks are rarely held for longer than this.
const SHORT_WAIT: Duration = Duration::from_millis(200);
/// How long a waiter's mark exists: longer than any pause.
const WAITING_MARK_TTL: Duration = Duration::from_millis(100);
/// How long a holder that found the mark waits: longer than a short pause.
const YIELD_TIME: Duration = Duration::from_millis(6);

pub(super) struct RedisLock {
    client: RedisClient,
    /// Locks that others waited for when this process released them, and until when it yields.
    yield_until: Mutex<HashMap<String, Instant>>,
}

impl RedisLock {
    pub(super) fn new(client: RedisClient) -> Self {
        Self {
            client,
            yield_until: Mutex::default(),
        }
    }

    /// Returns the keys of the lock and of the waiters' mark, which are in the same slot of a Redis
    /// Cluster.
    fn keys(&self, name: &str) -> [String; 2] {
        let lock = self.client.key(format_args!("lock:{name}"));
        let waiting = self.client.key(format_args!("wanted:{{{lock}}}"));
        [lock, waiting]
    }

    fn yield_until(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
        self.yield_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Lock for RedisLock {
    async fn acquire(
        &self,
        name: &str,
        ttl: Duration,
        max_wait: Duration,
    ) -> Result<Option<Lease>, PortError> {
        let token = format!("{:032x}", rand::random::<u128>());
        let mut acquire = ACQUIRE.prepare_invoke();
        for key in self.keys(name) {
            acquire.key(key);
        }
        acquire.arg(&token).arg(px(ttl)).arg(px(WAITING_MARK_TTL));

        let begun = Instant::now();
        let deadline = begun + max_wait;
        let others = self.yield_until().remove(name);
        if let Some(until) = others {
            sleep_until(until.min(deadline)).await;
        }
        loop {
            if self.client.script(&acquire).await? {
                let name = name.to_owned();
                return Ok(Some(Lease { name, token }));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let pause = if begun.elapsed() < SHORT_WAIT {
                SHORT_PAUSE_MS
            } else {
                LONG_PAUSE_MS
            };
            sleep(Duration::from_millis(rand::random_range(pause)).min(left)).await;
        }
    }

    async fn release(&self, lease: Lease) -> Result<(), PortError> {
        let mut release = RELEASE.prepare_invoke();
        for key in self.keys(&lease.name) {
            release.key(key);
        }
        release.arg(lease.token);
        if self.client.script(&release).await? {
            let until = Instant::now() + YIELD_TIME;
            self.yield_until().insert(lease.name, until);
        }
        Ok(())
    }
}
