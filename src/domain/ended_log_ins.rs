//! Log-ins that were ended a short while ago, so that what they were given is refused at once.
//!
//! An access token is taken at its word where a look-up would cost a query for each request: for registering. Each
//! process therefore remembers for how long tokens of accounts must be looked up, and is told by the `Bus` port.
//! Only requests of these accounts cost the look-up. Event streams of the account are closed at the same time:
//! clients whose log-in goes on open them again.
//!
//! If a message of the bus is lost, the process accepts such a token for registering until it expires, within 15
//! minutes, and the stream ends by itself in the same time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::broadcast::error::RecvError, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    model::UserId,
    store::ports::{Bus, BusMessage},
};

/// The topic on the bus. The payload is the account's id.
pub(super) const TOPIC: &str = "log-ins-ended";
/// How long tokens that were issued before may be valid, with a minute for clocks that differ.
const REMEMBERED: Duration = Duration::from_secs(16 * 60);
/// The most accounts that are remembered; there is no more room for others until one is forgotten.
const MOST: usize = 100_000;

/// The accounts whose log-ins were ended. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct EndedLogIns {
    bus: Arc<dyn Bus>,
    accounts: Arc<Mutex<HashMap<UserId, Instant>>>,
}

impl std::fmt::Debug for EndedLogIns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EndedLogIns")
    }
}

impl EndedLogIns {
    /// Creates the memory, which listens to the bus until `stop`.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, stop: CancellationToken) -> Self {
        let mut messages = bus.subscribe();
        let ended = Self::announcer(bus);
        let listening = ended.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            loop {
                match messages.recv().await {
                    Ok(message) => {
                        if let Some(account) = account_of(&message) {
                            listening.remember(account);
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        }));
        ended
    }

    /// Creates a value that only tells others, for the command line.
    #[must_use]
    pub fn announcer(bus: Arc<dyn Bus>) -> Self {
        Self {
            bus,
            accounts: Arc::default(),
        }
    }

    /// Tells every process that log-ins of an account were ended, after the commit that ended them.
    pub async fn announce(&self, account: UserId) {
        // This process at once, whatever becomes of the message.
        self.remember(account);
        let payload = Bytes::copy_from_slice(account.0.as_bytes());
        if let Err(error) = self.bus.publish(TOPIC, payload).await {
            tracing::debug!(%error, "Could not publish that log-ins were ended; their access tokens can register until they expire");
        }
    }

    /// Returns whether tokens of an account have to be looked up.
    #[must_use]
    pub fn may_concern(&self, account: UserId) -> bool {
        let accounts = self.accounts.lock();
        let accounts = accounts.unwrap_or_else(PoisonError::into_inner);
        accounts
            .get(&account)
            .is_some_and(|until| Instant::now() < *until)
    }

    fn remember(&self, account: UserId) {
        let now = Instant::now();
        let accounts = self.accounts.lock();
        let mut accounts = accounts.unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= MOST {
            accounts.retain(|_, until| now < *until);
        }
        if accounts.len() < MOST || accounts.contains_key(&account) {
            accounts.insert(account, now + REMEMBERED);
        }
    }
}

/// Returns the account that a message of this topic names.
pub(super) fn account_of(message: &BusMessage) -> Option<UserId> {
    let named = (message.topic == TOPIC).then_some(&message.payload)?;
    uuid::Uuid::from_slice(named).ok().map(UserId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ops::Clock, store::memory};

    #[tokio::test]
    async fn every_process_is_told_and_forgets_after_the_last_token_has_expired() {
        let bus = memory::ports(&Clock::system()).bus;
        let ended = EndedLogIns::new(Arc::clone(&bus), CancellationToken::new());
        let other = EndedLogIns::new(bus, CancellationToken::new());
        let (ada, bob) = (UserId::new(), UserId::new());
        ended.announce(ada).await;
        assert!(ended.may_concern(ada) && !ended.may_concern(bob));
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert!(other.may_concern(ada), "the other process was told");
        let until = other.accounts.lock().unwrap()[&ada];
        assert!(until > Instant::now() + Duration::from_secs(15 * 60 + 5));
        other.accounts.lock().unwrap().insert(ada, Instant::now());
        assert!(!other.may_concern(ada));
    }

    #[tokio::test]
    async fn the_memory_is_bounded() {
        let ended = EndedLogIns::announcer(memory::ports(&Clock::system()).bus);
        for _ in 0..MOST + 10 {
            ended.remember(UserId::new());
        }
        let kept = ended.accounts.lock().unwrap().len();
        assert_eq!(kept, MOST);
    }
}
