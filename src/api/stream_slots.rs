//! Bounds the number of event streams: in total, to one address and to one account.
//!
//! A stream costs little but stays open for hours, so a few clients could occupy every connection. A
//! client that is refused a stream can still use everything else; only its numbers do not update by
//! themselves.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    domain::ClientAddress,
    model::{DomainError, UserId},
};

/// Seconds after which a refused client may try again.
const RETRY_AFTER_SECONDS: u64 = 30;

/// The bounds on the number of event streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamLimits {
    /// The largest number of streams in total.
    pub total: usize,
    /// Streams to one client's address.
    pub per_address: usize,
    /// Streams to one account.
    pub per_account: usize,
}

impl StreamLimits {
    /// Limits without any bound.
    pub const UNBOUNDED: Self = Self {
        total: usize::MAX,
        per_address: usize::MAX,
        per_account: usize::MAX,
    };
}

/// The address or account whose streams are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum SlotHolder {
    Address(IpAddr),
    Account(UserId),
}

/// Counts the open streams. Clones share the count.
#[derive(Debug, Clone)]
pub(super) struct StreamSlots {
    limits: StreamLimits,
    open: Arc<Mutex<OpenStreams>>,
}

#[derive(Debug, Default)]
struct OpenStreams {
    total: usize,
    by_holder: HashMap<SlotHolder, usize>,
}

/// The permit for one stream; it is returned when it is dropped.
#[derive(Debug)]
pub(super) struct StreamSlot {
    slots: StreamSlots,
    holders: [Option<SlotHolder>; 2],
}

impl StreamSlots {
    pub(super) fn new(limits: StreamLimits) -> Self {
        Self {
            limits,
            open: Arc::default(),
        }
    }

    /// Counts a stream to this address and account, as far as they are known.
    ///
    /// # Errors
    /// Returns [`DomainError::TooManyRequests`] if one of them is at its bound, and
    /// [`DomainError::Overloaded`] if the total is.
    pub(super) fn take(
        &self,
        address: Option<ClientAddress>,
        account: Option<UserId>,
    ) -> Result<StreamSlot, DomainError> {
        let holders = [
            address.map(|address| SlotHolder::Address(address.network())),
            account.map(SlotHolder::Account),
        ];
        let mut open = self.lock();
        if open.total >= self.limits.total {
            return Err(DomainError::Overloaded {
                retry_after: RETRY_AFTER_SECONDS,
            });
        }
        let is_full = |holder: &SlotHolder| {
            let most = match holder {
                SlotHolder::Address(_) => self.limits.per_address,
                SlotHolder::Account(_) => self.limits.per_account,
            };
            open.by_holder
                .get(holder)
                .is_some_and(|count| *count >= most)
        };
        if holders.iter().flatten().any(is_full) {
            return Err(DomainError::TooManyRequests {
                retry_after: RETRY_AFTER_SECONDS,
            });
        }
        open.total += 1;
        for holder in holders.into_iter().flatten() {
            *open.by_holder.entry(holder).or_default() += 1;
        }
        drop(open);
        Ok(StreamSlot {
            slots: self.clone(),
            holders,
        })
    }

    fn lock(&self) -> MutexGuard<'_, OpenStreams> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut open = self.slots.lock();
        open.total = open.total.saturating_sub(1);
        for holder in self.holders.into_iter().flatten() {
            if let Some(count) = open.by_holder.get_mut(&holder) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    open.by_holder.remove(&holder);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots() -> StreamSlots {
        StreamSlots::new(StreamLimits {
            total: 4,
            per_address: 3,
            per_account: 2,
        })
    }

    fn address(text: &str) -> Option<ClientAddress> {
        Some(ClientAddress::new(text.parse().unwrap()))
    }

    #[test]
    fn an_account_is_bounded_across_addresses_and_an_address_across_accounts() {
        let (slots, ada, bob) = (slots(), Some(UserId::new()), Some(UserId::new()));
        let first = slots.take(address("127.0.0.2"), ada).unwrap();
        let _second = slots.take(address("127.0.0.3"), ada).unwrap();
        let refused = slots.take(address("127.0.0.4"), ada).unwrap_err();
        assert!(matches!(refused, DomainError::TooManyRequests { .. }));
        let _bob = slots.take(address("127.0.0.2"), bob).unwrap();
        let _stranger = slots.take(address("127.0.0.2"), None).unwrap();
        assert!(matches!(
            slots.take(address("127.0.0.5"), None).unwrap_err(),
            DomainError::Overloaded { .. }
        ));
        drop(first);
        assert!(slots.take(address("127.0.0.2"), None).is_ok());
    }

    #[test]
    fn closed_streams_leave_no_entries() {
        let slots = slots();
        drop(slots.take(address("127.0.0.2"), Some(UserId::new())));
        let open = slots.lock();
        assert!(open.by_holder.is_empty() && open.total == 0);
    }
}
