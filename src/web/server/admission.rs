//! Bounds the number of open connections, in total and of one peer address.
//!
//! Idle connections keep no new one out: at a bound, the connection that has waited longest without a
//! request (of that address, or of all) is closed in favour of the new one. A new connection is refused
//! only if every other one has a request in progress.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Waker,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection_limits::ConnectionLimits;
use crate::{domain::ClientAddress, ops::metrics::names};

/// The largest number of refused connections that get a response at the same time; further ones are
/// closed without a response.
const MAX_REFUSAL_RESPONSES: usize = 128;

/// The bound that a refused connection would have exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// The bound on all connections together.
    Total,
    /// The bound on the connections of one address.
    Address,
}

impl Bound {
    /// Returns the label of the bound in logs and metrics.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Address => "address",
        }
    }
}

/// Admits connections and keeps track of all that are open.
pub(super) struct Admission {
    limits: ConnectionLimits,
    registry: Mutex<Registry>,
    refusal_permits: Arc<Semaphore>,
}

#[derive(Default)]
struct Registry {
    total: usize,
    addresses: HashMap<IpAddr, AddressConnections>,
    /// The idle connections, the one that has waited longest first.
    idle: BTreeMap<u64, IdleConnection>,
    /// The key of the next connection that becomes idle.
    next_key: u64,
}

#[derive(Default)]
struct AddressConnections {
    count: usize,
    /// The keys of its idle connections.
    idle: BTreeSet<u64>,
}

struct IdleConnection {
    address: IpAddr,
    evicted: Arc<AtomicBool>,
    waker: Waker,
}

impl Admission {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self {
            limits,
            registry: Mutex::default(),
            refusal_permits: Arc::new(Semaphore::new(MAX_REFUSAL_RESPONSES)),
        }
    }

    /// Admits a connection, and closes an idle one if a bound is reached.
    ///
    /// # Errors
    /// Returns the [`Bound`] that is reached if no connection is idle.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Permit, Bound> {
        let address = ClientAddress::new(peer).network();
        let mut registry = self.lock();
        let room = self.make_room(&mut registry, peer, address);
        if let Err(bound) = room {
            metrics::counter!(names::HTTP_CONNECTIONS_REFUSED, "reason" => bound.label())
                .increment(1);
            return Err(bound);
        }
        registry.total += 1;
        registry.addresses.entry(address).or_default().count += 1;
        drop(registry);
        metrics::gauge!(names::HTTP_CONNECTIONS).increment(1.0);
        Ok(Permit {
            admission: Arc::clone(self),
            address,
            evicted: Arc::default(),
            idle_key: None,
        })
    }

    fn make_room(
        &self,
        registry: &mut Registry,
        peer: IpAddr,
        address: IpAddr,
    ) -> Result<(), Bound> {
        if let Some(of_address) = registry.addresses.get(&address)
            && of_address.count >= self.limits.per_address
            && !(self.limits.exempt)(peer.to_canonical())
        {
            let longest = of_address.idle.first().copied();
            registry.evict(longest.ok_or(Bound::Address)?);
        } else if registry.total >= self.limits.total {
            let longest = registry.longest_idle().ok_or(Bound::Total)?;
            registry.evict(longest);
        }
        Ok(())
    }

    /// Closes up to `count` idle connections, those first that have waited longest.
    pub(super) fn close_idle(&self, count: usize) {
        let mut registry = self.lock();
        for _ in 0..count {
            let Some(longest) = registry.longest_idle() else {
                return;
            };
            registry.evict(longest);
        }
    }

    /// Returns the permit to send a response to a refused connection, if one is free.
    pub(super) fn refusal_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.refusal_permits).try_acquire_owned().ok()
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn longest_idle(&self) -> Option<u64> {
        self.idle.first_key_value().map(|(&key, _)| key)
    }

    fn evict(&mut self, key: u64) {
        if let Some(connection) = self.remove(key) {
            connection.evicted.store(true, Relaxed);
            connection.waker.wake();
        }
    }

    fn remove(&mut self, key: u64) -> Option<IdleConnection> {
        let connection = self.idle.remove(&key)?;
        if let Some(address) = self.addresses.get_mut(&connection.address) {
            address.idle.remove(&key);
        }
        Some(connection)
    }
}

/// The permit for one open connection; it is returned when it is dropped.
pub(super) struct Permit {
    admission: Arc<Admission>,
    address: IpAddr,
    evicted: Arc<AtomicBool>,
    idle_key: Option<u64>,
}

impl Permit {
    /// Records that the connection waits for a request. It may be evicted from now on, and `waker` is
    /// woken then.
    pub(super) fn set_idle(&mut self, waker: &Waker) {
        if self.idle_key.is_some() {
            return;
        }
        let mut registry = self.admission.lock();
        let key = registry.next_key;
        registry.next_key += 1;
        let connection = IdleConnection {
            address: self.address,
            evicted: Arc::clone(&self.evicted),
            waker: waker.clone(),
        };
        registry.idle.insert(key, connection);
        if let Some(address) = registry.addresses.get_mut(&self.address) {
            address.idle.insert(key);
        }
        self.idle_key = Some(key);
    }

    /// Records that the connection has a request in progress.
    pub(super) fn set_busy(&mut self) {
        if let Some(key) = self.idle_key.take() {
            self.admission.lock().remove(key);
        }
    }

    /// Whether the connection must close in favour of another one.
    pub(super) fn is_evicted(&self) -> bool {
        self.evicted.load(Relaxed)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.set_busy();
        let mut registry = self.admission.lock();
        registry.total = registry.total.saturating_sub(1);
        if let Some(address) = registry.addresses.get_mut(&self.address) {
            address.count = address.count.saturating_sub(1);
            if address.count == 0 {
                registry.addresses.remove(&self.address);
            }
        }
        drop(registry);
        metrics::gauge!(names::HTTP_CONNECTIONS).decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(total: usize, per_address: usize) -> Arc<Admission> {
        Arc::new(Admission::new(ConnectionLimits {
            total,
            per_address,
            exempt: Arc::new(|peer| peer == ip("10.0.0.1")),
        }))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_full_address_does_not_affect_other_addresses() {
        let admission = limits(10, 2);
        let _one = admission.admit(ip("127.0.0.2")).unwrap();
        let two = admission.admit(ip("127.0.0.2")).unwrap();
        assert_eq!(admission.admit(ip("127.0.0.2")).err(), Some(Bound::Address));
        let _other = admission.admit(ip("127.0.0.3")).unwrap();
        drop(two);
        assert!(admission.admit(ip("::ffff:127.0.0.2")).is_ok());
    }

    #[test]
    fn a_proxy_is_bounded_by_the_total_only() {
        let admission = limits(3, 1);
        let kept: Vec<_> = (0..3)
            .map(|_| admission.admit(ip("10.0.0.1")).unwrap())
            .collect();
        assert_eq!(admission.admit(ip("10.0.0.1")).err(), Some(Bound::Total));
        drop(kept);
        assert!(admission.admit(ip("10.0.0.1")).is_ok());
    }

    #[test]
    fn the_longest_idle_connection_is_evicted_and_a_busy_one_never() {
        let admission = limits(3, 3);
        let mut permits: Vec<_> = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
            .map(|peer| admission.admit(ip(peer)).unwrap())
            .into();
        for permit in &mut permits {
            permit.set_idle(Waker::noop());
        }
        permits[0].set_busy();
        let _new = admission.admit(ip("127.0.0.5")).unwrap();
        let evicted: Vec<_> = permits.iter().map(Permit::is_evicted).collect();
        assert_eq!(evicted, [false, true, false]);
        permits[2].set_busy();
        assert_eq!(admission.admit(ip("127.0.0.6")).err(), Some(Bound::Total));
    }

    #[test]
    fn at_the_bound_of_an_address_its_own_idle_connection_is_evicted() {
        let admission = limits(10, 1);
        let mut stranger = admission.admit(ip("127.0.0.2")).unwrap();
        stranger.set_idle(Waker::noop());
        let mut own = admission.admit(ip("127.0.0.3")).unwrap();
        own.set_idle(Waker::noop());
        let _new = admission.admit(ip("127.0.0.3")).unwrap();
        assert!(own.is_evicted() && !stranger.is_evicted());
    }
}
