//! [`Counters`] in one process: moka, with an expiry for each counter and a bound on memory.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use moka::{Expiry, future::Cache as Moka, ops::compute::Op, policy::EvictionPolicy};

use crate::store::ports::{Count, Counters};

/// Most counters whose window is short, and most whose window is long. Beyond it the least recently
/// used go first.
const CAPACITY: u64 = 150_000;

/// Windows up to this one are short.
const SHORT: Duration = Duration::from_secs(60);

/// Counters of short windows are many, since every stranger has some: whoever has many addresses can
/// make as many as they like. Those of long windows guard passwords and take a failed log-in each.
/// Neither may push the other out, nor may any cached value.
pub(crate) struct MemoryCounters {
    short: Moka<String, Counter>,
    long: Moka<String, Counter>,
}

#[derive(Clone, Copy)]
struct Counter {
    hits: u64,
    ends: Instant,
}

impl Counter {
    fn count(self) -> Count {
        Count {
            hits: self.hits,
            left: self.ends.saturating_duration_since(Instant::now()),
        }
    }
}

/// Every counter knows when it ends, whether it is new or replaces another.
struct EndsByItself;

impl Expiry<String, Counter> for EndsByItself {
    fn expire_after_create(&self, _: &String, counter: &Counter, now: Instant) -> Option<Duration> {
        Some(counter.ends.saturating_duration_since(now))
    }

    fn expire_after_update(
        &self,
        _: &String,
        counter: &Counter,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(counter.ends.saturating_duration_since(now))
    }
}

impl Default for MemoryCounters {
    fn default() -> Self {
        let empty = || {
            Moka::builder()
                .max_capacity(CAPACITY)
                // Not moka's default, which may refuse what is new in favour of what is asked for
                // more often.
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(EndsByItself)
                .build()
        };
        Self {
            short: empty(),
            long: empty(),
        }
    }
}

#[async_trait]
impl Counters for MemoryCounters {
    async fn hit(&self, key: &str, window: Duration) -> Count {
        let counters = if window > SHORT {
            &self.long
        } else {
            &self.short
        };
        let counted = counters.entry_by_ref(key).and_upsert_with(|before| {
            let now = Instant::now();
            let (hits, ends) = match before.map(moka::Entry::into_value) {
                Some(Counter { hits, ends }) if ends > now => (hits + 1, ends),
                _ => (1, now + window),
            };
            std::future::ready(Counter { hits, ends })
        });
        counted.await.into_value().count()
    }

    async fn take_back(&self, key: &str) {
        for counters in [&self.short, &self.long] {
            let slot = counters.entry_by_ref(key);
            slot.and_compute_with(|before| {
                std::future::ready(match before.map(moka::Entry::into_value) {
                    Some(Counter { hits, ends }) if hits > 1 => Op::Put(Counter {
                        hits: hits - 1,
                        ends,
                    }),
                    Some(_) => Op::Remove,
                    None => Op::Nop,
                })
            })
            .await;
        }
    }
}
