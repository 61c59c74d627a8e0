//! Rate limits: how often a network, an account or a device may do something that is expensive, or that
//! guesses passwords.
//!
//! The limits must let a class of 300 people behind one address log in and register within the same
//! minute. So limits are tight for what only an attacker does often (log-ins that fail) and for what a
//! single account does (registering). Limits per network allow for several classes.

use std::{fmt, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};

use super::ClientAddress;
use crate::{model::DomainError, store::ports::Counters};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// An action that is counted, and how often it may happen in a window of time (RFC 6585, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    name: &'static str,
    most: u64,
    window: Duration,
}

impl RateLimit {
    /// Forms sent from one network: log-in, registration and one more attempt of 3,000 people.
    pub const FORMS: Self = Self::new("forms", 12_000, MINUTE);
    /// Anonymous calls of the API from one network.
    pub const ANONYMOUS_CALLS: Self = Self::new("strangers", 6_000, MINUTE);
    /// Calls of the API by one account.
    pub const CALLS: Self = Self::new("calls", 1_200, MINUTE);
    /// Registrations of one account.
    pub const REGISTRATIONS: Self = Self::new("register", 60, MINUTE);
    /// Codes that one account tries in vain to register with.
    pub const WRONG_CODES: Self = Self::new("wrong-codes", 30, HOUR);
    /// Passwords that are hashed for one network, at log-in and sign-up, successful or not. Each takes a
    /// core for some tens of milliseconds.
    pub const PASSWORDS: Self = Self::new("passwords", 600, MINUTE);
    /// Accounts that are created from one network.
    pub const SIGN_UPS: Self = Self::new("sign-ups", 1_000, HOUR);
    /// Participants whom one organizer adds. Each may get a mail that asks for the confirmation of the address.
    pub const ADDED_PARTICIPANTS: Self = Self::new("added", 6_000, HOUR);
    /// Failed log-ins from one network to any account, including those whose password is being verified.
    pub const FAILURES_OF_NETWORK: Self =
        Self::new("failures", 1_000, Duration::from_secs(15 * 60));
    /// Failed log-ins to one account, except from its known devices.
    pub const FAILURES_OF_ACCOUNT: Self = Self::new("login", 10, HOUR);
    /// Failed log-ins to one account from one of its known devices.
    pub const FAILURES_OF_DEVICE: Self = Self::new("device", 10, HOUR);
    /// Second steps of log-ins to one account that fail, except on its known devices. Only who has passed the first
    /// step gets that far.
    pub const SECOND_FACTORS_OF_ACCOUNT: Self = Self::new("second-factor", 10, HOUR);
    /// Second steps of log-ins to one account that fail on one of its known devices.
    pub const SECOND_FACTORS_OF_DEVICE: Self = Self::new("second-factor-device", 10, HOUR);
    /// Wrong codes with which somebody who is logged in confirms or removes a second factor.
    pub const OWN_SECOND_FACTOR: Self = Self::new("own-second-factor", 10, HOUR);
    /// Changes of one account's e-mail address; each is recorded in the audit log.
    pub const EMAIL_CHANGES: Self = Self::new("email", 20, HOUR);
    /// Changes of one account's name and contact. After each, every process makes anew what it keeps for strangers.
    pub const NAME_CHANGES: Self = Self::new("names", 20, HOUR);
    /// Links to set a new password that are sent to one address. The responses do not depend on it, so
    /// that it reveals nothing about the address.
    pub const RESETS_OF_ADDRESS: Self = Self::new("reset", 5, HOUR);
    /// Links to set a new password that are asked for from one network: a whole school after a holiday.
    pub const RESETS_OF_NETWORK: Self = Self::new("resets", 1_000, HOUR);
    /// Codes to log in with that are sent to one address. The responses do not depend on it.
    pub const CODES_OF_ADDRESS: Self = Self::new("codes", 10, HOUR);
    /// Mails that ask one account to confirm its address.
    pub const CONFIRMATIONS: Self = Self::new("confirmations", 10, HOUR);
    /// Push subscriptions that one account stores. Each looks up a name that the account has chosen.
    pub const PUSH_SUBSCRIPTIONS: Self = Self::new("push", 60, HOUR);
    /// API keys that one account creates; each is recorded in the audit log.
    pub const API_KEYS: Self = Self::new("api-keys", 60, HOUR);
    /// Webhooks that one account creates, and secrets that it replaces. Each new address is looked up.
    pub const WEBHOOKS: Self = Self::new("webhooks", 60, HOUR);
    /// Deliveries to webhooks that one account has sent once more.
    pub const WEBHOOK_REPLAYS: Self = Self::new("webhook-replays", 600, HOUR);
    /// Invitations to work on a competition that one account sends. Each is a mail.
    pub const STAFF_INVITATIONS: Self = Self::new("invitations", 60, HOUR);
    /// Invitations to work on competitions that are sent to one address, by whomever.
    pub const INVITATIONS_OF_ADDRESS: Self = Self::new("invited", 5, HOUR);
    /// Certificates that are verified from one network: a hall in which 3,000 people look at theirs. Their serials can't
    /// be guessed anyway.
    pub const CERTIFICATES: Self = Self::new("certificates", 6_000, HOUR);
    /// Audit events of one kind that one account causes without changing any data.
    pub const RECORDED: Self = Self::new("recorded", 60, HOUR);

    const fn new(name: &'static str, most: u64, window: Duration) -> Self {
        Self { name, most, window }
    }

    /// Returns how often the action may happen in one window.
    #[must_use]
    pub const fn most(self) -> u64 {
        self.most
    }
}

/// The error for an action that happened too often in the current window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitExceeded {
    /// The time until the window ends.
    pub left: Duration,
    /// Whether this is the first refusal in this window.
    pub first: bool,
}

impl From<RateLimitExceeded> for DomainError {
    fn from(exceeded: RateLimitExceeded) -> Self {
        Self::TooManyRequests {
            retry_after: exceeded.left.as_millis().div_ceil(1_000).max(1) as u64,
        }
    }
}

/// Counts actions and refuses those above their limit. Cheap to clone.
#[derive(Clone, Default)]
pub struct RateLimiter(Option<Arc<dyn Counters>>);

impl RateLimiter {
    /// Creates a rate limiter on counters that all processes share.
    #[must_use]
    pub fn new(counters: Arc<dyn Counters>) -> Self {
        Self(Some(counters))
    }

    /// Creates a rate limiter that refuses nothing (`RATE_LIMIT=off`).
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Counts one action of `subject`: the network, account or device that the limit is for.
    ///
    /// # Errors
    /// Returns [`RateLimitExceeded`] if there were too many in this window.
    pub async fn count(&self, limit: RateLimit, subject: &str) -> Result<(), RateLimitExceeded> {
        let Some(counters) = &self.0 else {
            return Ok(());
        };
        let count = counters.hit(&key(limit, subject), limit.window).await;
        if count.hits <= limit.most {
            return Ok(());
        }
        Err(RateLimitExceeded {
            left: count.left,
            first: count.hits == limit.most + 1,
        })
    }

    /// Counts one action for the client's network. A client without an address (in a test or on the
    /// command line) is not counted.
    ///
    /// # Errors
    /// Returns [`RateLimitExceeded`] if there were too many in this window.
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

    /// Takes back one action that turned out not to count.
    pub async fn take_back(&self, limit: RateLimit, subject: &str) {
        if let Some(counters) = &self.0 {
            counters.take_back(&key(limit, subject)).await;
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

/// Returns the counter's key, `rate:<limit>:<hash>`. Redis sees no addresses and no names.
fn key(limit: RateLimit, subject: &str) -> String {
    let digest = Sha256::digest(subject.as_bytes());
    format!("rate:{}:{}", limit.name, hex::encode(digest.split_at(16).0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory;

    #[test]
    fn keys_contain_the_limit_but_no_personal_data() {
        let login = key(RateLimit::FAILURES_OF_ACCOUNT, "ada@example.org");
        assert!(login.starts_with("rate:login:") && !login.contains("ada"));
        assert_ne!(
            login,
            key(RateLimit::FAILURES_OF_ACCOUNT, "bob@example.org")
        );
        assert_ne!(login, key(RateLimit::FAILURES_OF_DEVICE, "ada@example.org"));
    }

    #[tokio::test]
    async fn actions_above_the_limit_are_refused_and_the_first_refusal_is_marked() {
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
