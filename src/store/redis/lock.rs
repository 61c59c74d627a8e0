//! [`Lock`] on Redis: `SET NX PX` with a random value, released by compare-and-delete.
//!
//! A holder that comes back at once would win against everybody who only looks now and then. So who
//! waits leaves word, and a holder that finds it lets others go first.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use redis::Script;
use tokio::time::{Instant, sleep, sleep_until};

use super::{link::Link, px};
use crate::store::ports::{Lease, Lock, PortError};

static ACQUIRE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("acquire.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// How long a waiter sleeps between two tries: a random time, so that waiters spread.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 1..=4;
/// The same for one who has waited for longer than [`SOON`].
const LONG_PAUSE_MS: std::ops::RangeInclusive<u64> = 5..=20;
/// Few hold a lock for longer.
const SOON: Duration = Duration::from_millis(200);
/// How long the word that a lock is wanted stands: longer than any pause.
const WORD: Duration = Duration::from_millis(100);
/// How long a holder that found such word stays away: longer than a short pause.
const COURTESY: Duration = Duration::from_millis(6);

pub(super) struct RedisLock {
    link: Link,
    /// Locks that others wanted as we gave them back, and until when they go first.
    others_first: Mutex<HashMap<String, Instant>>,
}

impl RedisLock {
    pub(super) fn new(link: Link) -> Self {
        Self {
            link,
            others_first: Mutex::default(),
        }
    }

    /// The lock, and where word is left that it is wanted: in the same slot of a Redis Cluster.
    fn keys(&self, name: &str) -> [String; 2] {
        let lock = self.link.key(format_args!("lock:{name}"));
        let wanted = self.link.key(format_args!("wanted:{{{lock}}}"));
        [lock, wanted]
    }

    fn others_first(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
        self.others_first
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
        patience: Duration,
    ) -> Result<Option<Lease>, PortError> {
        let token = format!("{:032x}", rand::random::<u128>());
        let mut acquire = ACQUIRE.prepare_invoke();
        for key in self.keys(name) {
            acquire.key(key);
        }
        acquire.arg(&token).arg(px(ttl)).arg(px(WORD));

        let begun = Instant::now();
        let deadline = begun + patience;
        let others = self.others_first().remove(name);
        if let Some(until) = others {
            sleep_until(until.min(deadline)).await;
        }
        loop {
            if self.link.script(&acquire).await? {
                let name = name.to_owned();
                return Ok(Some(Lease { name, token }));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let pause = if begun.elapsed() < SOON {
                PAUSE_MS
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
        if self.link.script(&release).await? {
            let until = Instant::now() + COURTESY;
            self.others_first().insert(lease.name, until);
        }
        Ok(())
    }
}
