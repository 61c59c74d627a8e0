//! [`Counters`] within one process: moka, with an expiry for each counter and a bound on memory.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use moka::{Expiry, future::Cache as Moka, ops::compute::Op, policy::EvictionPolicy};

use crate::store::ports::{Count, Counters};

/// The most counters with a short window, and the most with a long one. Beyond it the least recently
/// used are evicted.
const CAPACITY: u64 = 150_000;

/// The longest window that counts as short.
const SHORT_WINDOW: Duration = Duration::from_secs(60);

/// Counters with short windows are many, since every client has some, and a client with many addresses
/// can create any number. Counters with long windows protect passwords, and each needs a failed log-in.
/// So that neither evicts the other, each kind has its own store.
pub(crate) struct MemoryCounters {
    short: Moka<String, Counter>,
    long: Moka<String, Counter>,
}

/// The hits in a window and its end.
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

/// Expires each counter at the end of its window, whether it is new or replaces another.
struct CounterExpiry;

impl Expiry<String, Counter> for CounterExpiry {
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
                // Not moka's default, which may evict a new counter in favour of one that is read more
                // often.
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(CounterExpiry)
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
        let counters = if window > SHORT_WINDOW {
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
