//! A log-in on the pages between its two steps.

use std::{fmt, str::FromStr};

use chrono::{DateTime, TimeDelta, Utc};

use super::VerifiedAccount;
use crate::{model::UserId, store::entity::user};

/// How long the second step may take after the first, in minutes.
pub const MINUTES: i64 = 10;

/// What a log-in on the pages has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogInStep {
    /// The account is logged in.
    Done(VerifiedAccount),
    /// The second factor is missing.
    SecondFactor(PendingLogIn),
}

/// A log-in whose first step was passed. The browser keeps it, authenticated by this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingLogIn {
    account: UserId,
    /// The account's authentication epoch at the first step: a changed password makes it worthless.
    auth_epoch: i64,
    /// The end of its validity, in seconds since 1970.
    expires: i64,
}

impl PendingLogIn {
    pub(super) fn new(row: &user::Model, now: DateTime<Utc>) -> Self {
        Self {
            account: row.id,
            auth_epoch: row.auth_epoch,
            expires: (now + TimeDelta::minutes(MINUTES)).timestamp(),
        }
    }

    /// Returns whether the second step can still be done.
    #[must_use]
    pub fn is_valid_at(&self, now: DateTime<Utc>) -> bool {
        now.timestamp() < self.expires
    }

    /// Returns the account that passed the first step.
    pub(super) const fn account(&self) -> UserId {
        self.account
    }

    /// Returns whether the account is still the one that passed the first step.
    pub(super) fn is_of(&self, row: &user::Model) -> bool {
        row.id == self.account && row.auth_epoch == self.auth_epoch
    }
}

impl fmt::Display for PendingLogIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.account, self.auth_epoch, self.expires)
    }
}

/// A text that is no pending log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no pending log-in")]
pub struct NoPendingLogIn;

impl FromStr for PendingLogIn {
    type Err = NoPendingLogIn;

    fn from_str(text: &str) -> Result<Self, NoPendingLogIn> {
        let parts: Vec<_> = text.split(':').collect();
        let &[account, auth_epoch, expires] = parts.as_slice() else {
            return Err(NoPendingLogIn);
        };
        Ok(Self {
            account: account.parse().map_err(|_| NoPendingLogIn)?,
            auth_epoch: auth_epoch.parse().map_err(|_| NoPendingLogIn)?,
            expires: expires.parse().map_err(|_| NoPendingLogIn)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_log_in_is_read_as_it_was_written() {
        let pending = PendingLogIn {
            account: UserId::new(),
            auth_epoch: 7,
            expires: 60,
        };
        assert_eq!(pending.to_string().parse(), Ok(pending));
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        assert!(pending.is_valid_at(at(59)) && !pending.is_valid_at(at(60)));
        for text in ["", "::", "x:1:2", "{}", &format!("{pending}:1")] {
            assert_eq!(text.parse::<PendingLogIn>(), Err(NoPendingLogIn), "{text}");
        }
    }
}
