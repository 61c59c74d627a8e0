//! Who may come in: bounds on the number of connections, in total and of one peer address.
//!
//! At a bound nobody is locked out by those who only wait: the connection that has waited longest
//! without a request (of that address, or of all) is closed in favour of the new one. Only where
//! every connection has a request in hand is the new one refused.

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

use super::Limits;
use crate::{domain::ClientAddress, ops::metrics::names};

/// Connections over a bound that are told so, instead of being closed without a word.
const COURTESIES: usize = 128;

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// As many connections as may be are open.
    Total,
    /// As many connections of this address as may be are open.
    Address,
}

impl Full {
    /// The label in logs and metrics.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Address => "address",
        }
    }
}

/// The connections that are open.
pub(super) struct Admission {
    limits: Limits,
    registry: Mutex<Registry>,
    courtesies: Arc<Semaphore>,
}

#[derive(Default)]
struct Registry {
    total: usize,
    addresses: HashMap<IpAddr, Address>,
    /// Connections without a request, the one that has waited longest first.
    waiting: BTreeMap<u64, Waiting>,
    /// The key of the next one that waits.
    next: u64,
}

#[derive(Default)]
struct Address {
    count: usize,
    /// Keys of those that wait.
    waiting: BTreeSet<u64>,
}

struct Waiting {
    address: IpAddr,
    leave: Arc<AtomicBool>,
    waker: Waker,
}

impl Admission {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            registry: Mutex::default(),
            courtesies: Arc::new(Semaphore::new(COURTESIES)),
        }
    }

    /// Lets a connection in, at the cost of one that waits if need be.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Result<Ticket, Full> {
        let address = ClientAddress::new(peer).network();
        let mut registry = self.lock();
        let entered = self.admit(&mut registry, peer, address);
        if let Err(full) = entered {
            metrics::counter!(names::HTTP_CONNECTIONS_REFUSED, "reason" => full.reason())
                .increment(1);
            return Err(full);
        }
        registry.total += 1;
        registry.addresses.entry(address).or_default().count += 1;
        drop(registry);
        metrics::gauge!(names::HTTP_CONNECTIONS).increment(1.0);
        Ok(Ticket {
            admission: Arc::clone(self),
            address,
            leave: Arc::default(),
            waits: None,
        })
    }

    fn admit(&self, registry: &mut Registry, peer: IpAddr, address: IpAddr) -> Result<(), Full> {
        if let Some(of_address) = registry.addresses.get(&address)
            && of_address.count >= self.limits.per_address
            && !(self.limits.exempt)(peer.to_canonical())
        {
            let longest = of_address.waiting.first().copied();
            registry.send_away(longest.ok_or(Full::Address)?);
        } else if registry.total >= self.limits.total {
            let longest = registry.longest().ok_or(Full::Total)?;
            registry.send_away(longest);
        }
        Ok(())
    }

    /// Closes up to `count` of the connections that have waited longest.
    pub(super) fn make_room(&self, count: usize) {
        let mut registry = self.lock();
        for _ in 0..count {
            let Some(longest) = registry.longest() else {
                return;
            };
            registry.send_away(longest);
        }
    }

    /// A place among the refused who are told why, if one is free.
    pub(super) fn courtesy(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.courtesies).try_acquire_owned().ok()
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn longest(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(&key, _)| key)
    }

    fn send_away(&mut self, key: u64) {
        if let Some(waiting) = self.remove(key) {
            waiting.leave.store(true, Relaxed);
            waiting.waker.wake();
        }
    }

    fn remove(&mut self, key: u64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&key)?;
        if let Some(address) = self.addresses.get_mut(&waiting.address) {
            address.waiting.remove(&key);
        }
        Some(waiting)
    }
}

/// The right to be open. Given back when dropped.
pub(super) struct Ticket {
    admission: Arc<Admission>,
    address: IpAddr,
    leave: Arc<AtomicBool>,
    waits: Option<u64>,
}

impl Ticket {
    /// Notes that the connection waits for a request: it may have to leave, and is woken then.
    pub(super) fn waits(&mut self, waker: &Waker) {
        if self.waits.is_some() {
            return;
        }
        let mut registry = self.admission.lock();
        let key = registry.next;
        registry.next += 1;
        let waiting = Waiting {
            address: self.address,
            leave: Arc::clone(&self.leave),
            waker: waker.clone(),
        };
        registry.waiting.insert(key, waiting);
        if let Some(address) = registry.addresses.get_mut(&self.address) {
            address.waiting.insert(key);
        }
        self.waits = Some(key);
    }

    /// Notes that the connection has a request in hand.
    pub(super) fn works(&mut self) {
        if let Some(key) = self.waits.take() {
            self.admission.lock().remove(key);
        }
    }

    /// Whether the connection has to make room for another one.
    pub(super) fn must_leave(&self) -> bool {
        self.leave.load(Relaxed)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.works();
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
        Arc::new(Admission::new(Limits {
            total,
            per_address,
            exempt: Arc::new(|peer| peer == ip("10.0.0.1")),
        }))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_bound_and_others_are_not_concerned() {
        let admission = limits(10, 2);
        let _one = admission.enter(ip("127.0.0.2")).unwrap();
        let two = admission.enter(ip("127.0.0.2")).unwrap();
        assert_eq!(admission.enter(ip("127.0.0.2")).err(), Some(Full::Address));
        let _other = admission.enter(ip("127.0.0.3")).unwrap();
        drop(two);
        assert!(admission.enter(ip("::ffff:127.0.0.2")).is_ok());
    }

    #[test]
    fn a_proxy_is_bound_by_the_total_alone() {
        let admission = limits(3, 1);
        let kept: Vec<_> = (0..3)
            .map(|_| admission.enter(ip("10.0.0.1")).unwrap())
            .collect();
        assert_eq!(admission.enter(ip("10.0.0.1")).err(), Some(Full::Total));
        drop(kept);
        assert!(admission.enter(ip("10.0.0.1")).is_ok());
    }

    #[test]
    fn who_waits_longest_makes_room_and_who_works_does_not() {
        let admission = limits(3, 3);
        let mut tickets: Vec<_> = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
            .map(|peer| admission.enter(ip(peer)).unwrap())
            .into();
        for ticket in &mut tickets {
            ticket.waits(Waker::noop());
        }
        tickets[0].works();
        let _new = admission.enter(ip("127.0.0.5")).unwrap();
        let leave: Vec<_> = tickets.iter().map(Ticket::must_leave).collect();
        assert_eq!(leave, [false, true, false]);
        tickets[2].works();
        assert_eq!(admission.enter(ip("127.0.0.6")).err(), Some(Full::Total));
    }

    #[test]
    fn within_an_address_its_own_connections_make_room() {
        let admission = limits(10, 1);
        let mut stranger = admission.enter(ip("127.0.0.2")).unwrap();
        stranger.waits(Waker::noop());
        let mut own = admission.enter(ip("127.0.0.3")).unwrap();
        own.waits(Waker::noop());
        let _new = admission.enter(ip("127.0.0.3")).unwrap();
        assert!(own.must_leave() && !stranger.must_leave());
    }
}
