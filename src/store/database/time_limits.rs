//! Time limits of transactions on PostgreSQL.

use std::time::Duration;

/// The time limits of a transaction on PostgreSQL, which the server enforces (`lock_timeout`,
/// `statement_timeout`, `idle_in_transaction_session_timeout`). If the server does not respond at
/// all, the client gives up a moment later and closes the connection.
///
/// They do not apply to SQLite, which has no network that can fail: its waits for the connection and for
/// other processes have limits, its statements have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// How long one statement waits for a lock that another transaction holds. After that it fails
    /// with [`ErrorKind::LockTimeout`](crate::store::ErrorKind::LockTimeout).
    pub lock: Duration,
    /// How long one statement runs, its waits included. After that it fails with
    /// [`ErrorKind::LockTimeout`](crate::store::ErrorKind::LockTimeout).
    pub statement: Duration,
    /// How long the transaction is idle between two statements. After that the server ends the session
    /// and rolls back, so that a process that froze or disappeared releases its locks.
    pub idle: Duration,
}

impl TimeLimits {
    /// For requests and jobs, and for statements outside of transactions.
    pub const ORDINARY: Self = Self {
        lock: Duration::from_secs(2),
        statement: Duration::from_secs(10),
        idle: Duration::from_secs(5),
    };

    /// For transactions of the registration path. The wait for a lock is short because such a transaction
    /// occupies one of very few connections.
    pub const REGISTRATION: Self = Self {
        lock: Duration::from_millis(500),
        statement: Duration::from_secs(5),
        idle: Duration::from_secs(5),
    };

    /// For exports, bulk loading and deletion in chunks: long, but finite.
    pub const LONG: Self = Self {
        lock: Duration::from_secs(5),
        statement: Duration::from_secs(300),
        idle: Duration::from_secs(60),
    };

    /// For migrations, which may build an index over a large table.
    pub const MIGRATION: Self = Self {
        lock: Duration::from_secs(60),
        statement: Duration::from_secs(3_600),
        idle: Duration::from_secs(60),
    };

    /// Returns the same limits with another one for waiting for locks.
    #[must_use]
    pub const fn with_lock(self, lock: Duration) -> Self {
        Self { lock, ..self }
    }

    /// Returns how long the client waits for the response to one statement.
    pub(super) const fn response_timeout(self) -> Duration {
        /// How much longer the client waits than the server, which should give up first.
        const MARGIN: Duration = Duration::from_secs(1);
        self.statement.saturating_add(MARGIN)
    }

    /// Returns the statements that set the limits on the server, each beginning with `set`: `SET` or
    /// `SET LOCAL`.
    pub(super) fn settings(self, set: &str) -> String {
        format!(
            "{set} lock_timeout = {}; {set} statement_timeout = {}; \
             {set} idle_in_transaction_session_timeout = {}",
            millis(self.lock),
            millis(self.statement),
            millis(self.idle),
        )
    }
}

/// Converts a duration to PostgreSQL's milliseconds, at least 1, since 0 would mean "no limit".
fn millis(duration: Duration) -> u128 {
    duration
        .as_millis()
        .clamp(1, i32::MAX.unsigned_abs().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_limit_is_not_rounded_to_no_limit() {
        let limits = TimeLimits::ORDINARY.with_lock(Duration::from_micros(10));
        assert_eq!(
            limits.settings("SET LOCAL"),
            "SET LOCAL lock_timeout = 1; SET LOCAL statement_timeout = 10000; \
             SET LOCAL idle_in_transaction_session_timeout = 5000"
        );
    }
}
