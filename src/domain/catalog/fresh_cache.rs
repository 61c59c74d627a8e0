//! A cache in memory whose values are used only while they are true.
//!
//! A value is fresh as long as nothing it was computed from has changed ([`Changes`]), for at most
//! [`LIFETIME`], since messages of other processes can get lost. Requests for the same value that is not
//! fresh are one computation (single flight): the first computes it, the others wait for it. They may use it
//! although something has changed meanwhile, if its data was read after they had asked.
//!
//! While seats move quickly, values that contain seat numbers would be computed for every commit. A value
//! that was computed [`BURST`] times in quick succession is therefore used for [`SEATS_TOLERANCE`] although
//! seats have changed. A value that is made from such a value is used for no longer either, whatever the
//! counters say: they were raised before its old data was read.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use moka::{future::Cache, policy::EvictionPolicy};
use tokio::time::timeout;

use crate::{
    domain::changes::{Changes, Scope, Stamp},
    ops::Clock,
};

/// The longest time for which a value is used. It bounds how long this process can be wrong if messages
/// of other processes are lost: three times this, as a document is made from a fragment and that from a
/// list.
pub const LIFETIME: TimeDelta = TimeDelta::seconds(2);
/// How long a value is used although seats have changed, if it was computed often. A document is made from
/// a fragment and that from a list, which are used in the same way, so seat numbers are up to three times
/// as old.
const SEATS_TOLERANCE: TimeDelta = TimeDelta::milliseconds(60);
/// The number of computations in quick succession after which seats may be a little old.
const BURST: u32 = 10;
/// Computations with less time between them are in quick succession.
const QUICK_SUCCESSION: TimeDelta = TimeDelta::seconds(1);
/// How long a request waits for another that computes the same value, before it computes it as well.
const FLIGHT_WAIT: Duration = Duration::from_millis(500);
/// After this time without use a value is dropped.
const IDLE: Duration = Duration::from_secs(60);
/// The approximate cost of an entry besides its key and value, in bytes.
const OVERHEAD: usize = 300;

/// A value that was computed for the cache.
#[derive(Debug)]
pub struct Computed<V> {
    /// The value that was computed.
    pub value: V,
    /// The moment at which the value stops to be true by itself, for example a deadline.
    pub valid_until: Option<DateTime<Utc>>,
    /// The approximate size of key and value in memory, in bytes.
    pub size: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: Arc<V>,
    size: usize,
    stamp: Stamp,
    computed_at: DateTime<Utc>,
    valid_until: DateTime<Utc>,
    /// The number of computations in quick succession that ended with this one.
    succession: u32,
    /// Whether it may have been made from a value whose seats were older than its stamp.
    has_older_seats: bool,
}

impl<V> Entry<V> {
    fn is_alive(&self, now: DateTime<Utc>) -> bool {
        // A clock that was set back makes no value fresh again.
        self.computed_at <= now && now < self.valid_until
    }

    fn is_fresh(&self, current: Stamp, now: DateTime<Utc>) -> bool {
        let tolerated = self.succession >= BURST && now < self.computed_at + SEATS_TOLERANCE;
        self.is_alive(now)
            && self.stamp.edits == current.edits
            && (self.stamp.seats == current.seats || tolerated)
    }
}

type Flight = Arc<tokio::sync::Mutex<()>>;

/// The cache. Its memory is bounded; beyond the bound the least useful values are evicted.
pub struct FreshCache<K, V> {
    entries: Cache<K, Arc<Entry<V>>>,
    flights: Mutex<HashMap<K, Flight>>,
    changes: Changes,
    clock: Clock,
}

impl<K, V> std::fmt::Debug for FreshCache<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FreshCache")
    }
}

impl<K, V> FreshCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Creates an empty cache for about `bytes` of values.
    #[must_use]
    pub fn new(bytes: u64, changes: Changes, clock: Clock) -> Self {
        let entries = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, entry: &Arc<Entry<V>>| {
                u32::try_from(OVERHEAD + entry.size).unwrap_or(u32::MAX)
            })
            .eviction_policy(EvictionPolicy::tiny_lfu())
            .time_to_idle(IDLE)
            .build();
        Self {
            entries,
            flights: Mutex::default(),
            changes,
            clock,
        }
    }

    /// Returns the value if it is in the cache and fresh.
    pub async fn get(&self, key: &K, scope: Scope) -> Option<Arc<V>> {
        let entry = self.entries.get(key).await?;
        let current = self.changes.stamp(scope);
        let fresh = entry.is_fresh(current, self.clock.now());
        fresh.then(|| self.used(&entry, scope, current))
    }

    /// Returns the value of an entry whose seats must be those of `needed`, or may be a little older.
    fn used(&self, entry: &Entry<V>, scope: Scope, needed: Stamp) -> Arc<V> {
        if entry.has_older_seats || !entry.stamp.includes(needed) {
            self.changes.older_seats_used(scope);
        }
        Arc::clone(&entry.value)
    }

    /// Returns the fresh value, or computes it. What `compute` reads must be read after it is called.
    ///
    /// # Errors
    /// Returns the error of `compute`; nothing is cached then.
    pub async fn get_or_compute<E, F: Future<Output = Result<Computed<V>, E>>>(
        &self,
        key: K,
        scope: Scope,
        compute: impl FnOnce() -> F,
    ) -> Result<Arc<V>, E> {
        if let Some(value) = self.get(&key, scope).await {
            return Ok(value);
        }
        let asked = self.changes.stamp(scope);
        let flight = self.flight(&key);
        // Whoever waits too long computes the value as well: a slow computation delays others by a
        // bounded time.
        let _turn = timeout(FLIGHT_WAIT, flight.lock.lock()).await.ok();
        if let Some(entry) = self.entries.get(&key).await {
            let now = self.clock.now();
            let includes_asked = entry.is_alive(now) && entry.stamp.includes(asked);
            if includes_asked || entry.is_fresh(self.changes.stamp(scope), now) {
                return Ok(self.used(&entry, scope, asked));
            }
        }
        let stamp = self.changes.stamp(scope);
        let uses_of_older_seats = self.changes.uses_of_older_seats(scope);
        let computed_at = self.clock.now();
        let Computed {
            value,
            valid_until,
            size,
        } = compute().await?;
        let value = Arc::new(value);
        let has_older_seats = self.changes.uses_of_older_seats(scope) != uses_of_older_seats;
        let lifetime = match has_older_seats {
            true => computed_at + SEATS_TOLERANCE,
            false => computed_at + LIFETIME,
        };
        let entry = Entry {
            value: Arc::clone(&value),
            size,
            stamp,
            computed_at,
            valid_until: valid_until.map_or(lifetime, |moment| moment.min(lifetime)),
            succession: match self.entries.get(&key).await {
                Some(previous) if computed_at - previous.computed_at < QUICK_SUCCESSION => {
                    previous.succession.saturating_add(1)
                }
                _ => 0,
            },
            has_older_seats,
        };
        self.entries.insert(key, Arc::new(entry)).await;
        Ok(value)
    }

    fn flight(&self, key: &K) -> FlightGuard<'_, K> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = Arc::clone(flights.entry(key.clone()).or_default());
        FlightGuard {
            flights: &self.flights,
            key: key.clone(),
            lock,
        }
    }
}

/// Membership in a flight; the last member that leaves removes it.
struct FlightGuard<'a, K: Hash + Eq> {
    flights: &'a Mutex<HashMap<K, Flight>>,
    key: K,
    lock: Flight,
}

impl<K: Hash + Eq> Drop for FlightGuard<'_, K> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // One reference is the map's and one is this guard's.
        if Arc::strong_count(&self.lock) <= 2 {
            flights.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicU32, Ordering::SeqCst},
    };

    use futures::future::join_all;
    use tokio::sync::Notify;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{model::CompetitionId, store::memory};

    struct Fixture {
        cache: FreshCache<&'static str, u32>,
        changes: Changes,
        clock: Clock,
        computations: AtomicU32,
    }

    impl Fixture {
        fn new() -> Self {
            let clock = Clock::manual(Utc::now());
            let bus = memory::ports(&clock).bus;
            let changes = Changes::new(bus, CancellationToken::new());
            Self {
                cache: FreshCache::new(1 << 20, changes.clone(), clock.clone()),
                changes,
                clock,
                computations: AtomicU32::new(0),
            }
        }

        /// Returns the value, which is the number of computations so far.
        async fn read(&self) -> u32 {
            self.read_until(None).await
        }

        async fn read_until(&self, valid_until: Option<DateTime<Utc>>) -> u32 {
            let computed = async || {
                Ok::<_, Infallible>(Computed {
                    value: self.computations.fetch_add(1, SeqCst) + 1,
                    valid_until,
                    size: 4,
                })
            };
            let Ok(value) = self
                .cache
                .get_or_compute("list", Scope::Catalog, computed)
                .await;
            *value
        }
    }

    fn computed(value: u32) -> Result<Computed<u32>, Infallible> {
        Ok(Computed {
            value,
            valid_until: None,
            size: 4,
        })
    }

    #[tokio::test]
    async fn a_value_is_computed_once_while_nothing_changes_and_again_after_its_lifetime() {
        let fixture = Fixture::new();
        assert_eq!((fixture.read().await, fixture.read().await), (1, 1));
        fixture.clock.advance(LIFETIME);
        assert_eq!(fixture.read().await, 2);
    }

    #[tokio::test]
    async fn a_value_is_not_used_after_the_moment_at_which_it_stops_to_be_true() {
        let fixture = Fixture::new();
        let deadline = fixture.clock.now() + TimeDelta::milliseconds(300);
        assert_eq!(fixture.read_until(Some(deadline)).await, 1);
        fixture.clock.advance(TimeDelta::milliseconds(299));
        assert_eq!(fixture.read().await, 1);
        fixture.clock.advance(TimeDelta::milliseconds(1));
        assert_eq!(fixture.read().await, 2);
    }

    #[tokio::test]
    async fn an_edit_is_in_the_next_value_always_and_a_change_of_seats_unless_there_are_many() {
        let fixture = Fixture::new();
        let id = CompetitionId::new();
        for computation in 1..=BURST + 1 {
            assert_eq!(fixture.read().await, computation);
            fixture.changes.seats_changed(id);
        }
        assert_eq!(fixture.read().await, BURST + 1, "seats are a little old");
        fixture.clock.advance(SEATS_TOLERANCE);
        assert_eq!(fixture.read().await, BURST + 2);
        fixture.changes.edited(id);
        assert_eq!(fixture.read().await, BURST + 3);
    }

    #[tokio::test]
    async fn many_requests_at_once_are_one_computation() {
        let fixture = Fixture::new();
        let values = join_all((0..100).map(|_| fixture.read())).await;
        assert_eq!(values, [1; 100]);
    }

    #[tokio::test]
    async fn a_value_that_was_read_before_a_change_is_not_used_after_it() {
        let fixture = Fixture::new();
        let (reading, committed) = (Notify::new(), Notify::new());
        let slow = fixture
            .cache
            .get_or_compute("list", Scope::Catalog, async || {
                reading.notify_one();
                committed.notified().await;
                computed(0)
            });
        let change = async {
            reading.notified().await;
            fixture.changes.edited(CompetitionId::new());
            committed.notify_one();
        };
        let (old, ()) = tokio::join!(slow, change);
        assert_eq!(old, Ok(Arc::new(0)));
        assert_eq!(fixture.read().await, 1);
    }

    #[tokio::test]
    async fn a_value_that_is_made_from_slightly_old_seats_is_used_as_briefly_as_they_are() {
        let lists = Fixture::new();
        let pages = FreshCache::new(1 << 20, lists.changes.clone(), lists.clock.clone());
        let page = async || {
            let made = async || computed(lists.read().await);
            let Ok(page) = pages.get_or_compute("page", Scope::Catalog, made).await;
            *page
        };
        for computation in 1..=BURST + 1 {
            assert_eq!(lists.read().await, computation);
            lists.changes.seats_changed(CompetitionId::new());
        }
        assert_eq!(page().await, BURST + 1, "the seats are a little old");
        lists.clock.advance(SEATS_TOLERANCE);
        assert_eq!(page().await, BURST + 2, "no longer");
    }

    #[tokio::test]
    async fn requests_that_wait_share_the_next_computation_although_data_changes_during_each() {
        let fixture = Fixture::new();
        let slow = async || {
            let slowly = async || {
                tokio::task::yield_now().await;
                fixture.changes.edited(CompetitionId::new());
                computed(fixture.computations.fetch_add(1, SeqCst) + 1)
            };
            let scope = Scope::Catalog;
            let Ok(value) = fixture.cache.get_or_compute("list", scope, slowly).await;
            *value
        };
        let values = join_all((0..100).map(|_| slow())).await;
        assert!(values.into_iter().all(|computation| computation <= 2));
    }

    #[tokio::test]
    async fn an_error_is_not_kept_and_leaves_no_flight_behind() {
        let fixture = Fixture::new();
        let failed = fixture
            .cache
            .get_or_compute("list", Scope::Catalog, async || Err("unavailable"))
            .await;
        assert_eq!(failed, Err("unavailable"));
        assert_eq!(fixture.read().await, 1);
        assert!(fixture.cache.flights.lock().unwrap().is_empty());
    }
}
