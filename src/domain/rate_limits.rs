//! How often one client or one account may do what costs much or what guesses.
//!
//! A limit stands beside the number of people that it must let through: a class of 300 behind one
//! address logs in and registers within the same minute. So what is counted tightly is what only
//! somebody who guesses does often (log-ins that fail), or what one account does (registering), and
//! what a whole class does together has room for several of them.

use std::{fmt, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};

use super::ClientAddress;
use crate::{model::DomainError, store::ports::Counters};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// What is counted, and how often it may happen in a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    name: &'static str,
    most: u64,
    window: Duration,
}

impl RateLimit {
    /// Forms that come from one network: log-in, registration and a second try of 3,000 people.
    pub const FORMS: Self = Self::new("forms", 12_000, MINUTE);
    /// Calls of the API from one network by nobody in particular.
    pub const STRANGERS_CALLS: Self = Self::new("strangers", 6_000, MINUTE);
    /// Calls of the API by one account.
    pub const CALLS: Self = Self::new("calls", 1_200, MINUTE);
    /// Registrations of one account.
    pub const REGISTRATIONS: Self = Self::new("register", 60, MINUTE);
    /// Passwords that are hashed for one network, at log-in and sign-up, whatever comes of it. Each
    /// takes a core for some tens of milliseconds.
    pub const PASSWORDS: Self = Self::new("passwords", 600, MINUTE);
    /// Accounts that are made from one network.
    pub const SIGN_UPS: Self = Self::new("sign-ups", 1_000, HOUR);
    /// Log-ins from one network that fail, to whatever accounts, those included whose password is
    /// being looked at.
    pub const FAILURES_OF_NETWORK: Self =
        Self::new("failures", 1_000, Duration::from_secs(15 * 60));
    /// Log-ins to one account that fail, from wherever, but for the devices it is known to.
    pub const FAILURES_OF_ACCOUNT: Self = Self::new("login", 10, HOUR);
    /// Log-ins to one account that fail on one device it is known to.
    pub const FAILURES_OF_DEVICE: Self = Self::new("device", 10, HOUR);
    /// Changes of one account's e-mail address, of which each is written down.
    pub const EMAIL_CHANGES: Self = Self::new("email", 20, HOUR);
    /// Audit events of one kind that one account causes without changing anything.
    pub const RECORDED: Self = Self::new("recorded", 60, HOUR);

    const fn new(name: &'static str, most: u64, window: Duration) -> Self {
        Self { name, most, window }
    }

    /// Returns how often it may happen in one window.
    #[must_use]
    pub const fn most(self) -> u64 {
        self.most
    }
}

/// Too often, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitExceeded {
    /// How long until the window ends.
    pub left: Duration,
    /// Whether this is the first time in this window.
    pub first: bool,
}

impl From<RateLimitExceeded> for DomainError {
    fn from(exceeded: RateLimitExceeded) -> Self {
        Self::TooManyRequests {
            retry_after: exceeded.left.as_millis().div_ceil(1_000).max(1) as u64,
        }
    }
}

/// Counts and refuses. Cheap to clone.
#[derive(Clone, Default)]
pub struct RateLimiter(Option<Arc<dyn Counters>>);

impl RateLimiter {
    /// RateLimiter over counters that processes share.
    #[must_use]
    pub fn new(counters: Arc<dyn Counters>) -> Self {
        Self(Some(counters))
    }

    /// RateLimiter that let everything through (`RATE_LIMIT=off`).
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Counts one hit for `whom`: a network, an account, whatever the limit is about.
    ///
    /// # Errors
    /// [`RateLimitExceeded`], when there were too many in this window.
    pub async fn count(&self, limit: RateLimit, whom: &str) -> Result<(), RateLimitExceeded> {
        let Some(counters) = &self.0 else {
            return Ok(());
        };
        let count = counters.hit(&key(limit, whom), limit.window).await;
        if count.hits <= limit.most {
            return Ok(());
        }
        Err(RateLimitExceeded {
            left: count.left,
            first: count.hits == limit.most + 1,
        })
    }

    /// Counts one hit for the network of a client; a client without an address (a test, a command)
    /// is not counted.
    ///
    /// # Errors
    /// [`RateLimitExceeded`], when there were too many in this window.
    pub async fn count_network(
        &self,
        limit: RateLimit,
        client: Option<ClientAddress>,
    ) -> Result<(), RateLimitExceeded> {
        match client {
            Some(client) => self.count(limit, &client.network().to_string()).await,
            None => Ok(()),
        }
    }

    /// Takes one hit back, of which it turned out that it does not count.
    pub async fn take_back(&self, limit: RateLimit, whom: &str) {
        if let Some(counters) = &self.0 {
            counters.take_back(&key(limit, whom)).await;
        }
    }

    /// Takes back what [`count_network`](Self::count_network) counted.
    pub async fn take_back_network(&self, limit: RateLimit, client: Option<ClientAddress>) {
        if let Some(client) = client {
            self.take_back(limit, &client.network().to_string()).await;
        }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateLimiter")
    }
}

/// `rate:<what>:<hash>`: no address of anybody stands in Redis.
fn key(limit: RateLimit, whom: &str) -> String {
    let digest = Sha256::digest(whom.as_bytes());
    format!("rate:{}:{}", limit.name, hex::encode(digest.split_at(16).0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory;

    #[test]
    fn keys_say_what_but_not_who() {
        let login = key(RateLimit::FAILURES_OF_ACCOUNT, "ada@example.org");
        assert!(login.starts_with("rate:login:") && !login.contains("ada"));
        assert_ne!(
            login,
            key(RateLimit::FAILURES_OF_ACCOUNT, "bob@example.org")
        );
        assert_ne!(login, key(RateLimit::FAILURES_OF_DEVICE, "ada@example.org"));
    }

    #[tokio::test]
    async fn what_is_too_often_is_refused_once_for_the_first_time() {
        let limits = RateLimiter::new(memory::ports(&crate::ops::Clock::system()).counters);
        let limit = RateLimit::new("test", 2, MINUTE);
        assert_eq!(limits.count(limit, "x").await, Ok(()));
        assert_eq!(limits.count(limit, "x").await, Ok(()));
        let third = limits.count(limit, "x").await.unwrap_err();
        let fourth = limits.count(limit, "x").await.unwrap_err();
        assert!(third.first && !fourth.first);
        assert!(matches!(
            DomainError::from(fourth),
            DomainError::TooManyRequests {
                retry_after: 1..=60
            }
        ));
        assert_eq!(limits.count(limit, "y").await, Ok(()));
        assert_eq!(RateLimiter::off().count(limit, "x").await, Ok(()));
    }
}
