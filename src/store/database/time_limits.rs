//! How long parts of a transaction may take.

use std::time::Duration;

/// Time limits of a transaction on PostgreSQL, which the server keeps (`lock_timeout`,
/// `statement_timeout`, `idle_in_transaction_session_timeout`). Where the server does not answer at
/// all, the client gives up a moment later and drops the connection.
///
/// SQLite has no network to fail: there a writer waits for the connection and for other processes,
/// both with a limit, and then works without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// How long one statement waits for a lock that another transaction holds. After that it fails
    /// with [`ErrorKind::LockTimeout`](crate::store::ErrorKind::LockTimeout).
    pub lock: Duration,
    /// How long one statement runs, its waits included. After that it fails with
    /// [`ErrorKind::LockTimeout`](crate::store::ErrorKind::LockTimeout).
    pub statement: Duration,
    /// How long the transaction stands idle between two statements. After that the server ends the
    /// session and undoes the transaction, so that a process that froze or vanished releases its
    /// locks.
    pub idle: Duration,
}

impl TimeLimits {
    /// For requests and jobs, and for statements outside of transactions.
    pub const ORDINARY: Self = Self {
        lock: Duration::from_secs(2),
        statement: Duration::from_secs(10),
        idle: Duration::from_secs(5),
    };

    /// For transactions that move seats. The wait for a lock is short because such a transaction
    /// occupies one of very few connections.
    pub const REGISTRATION: Self = Self {
        lock: Duration::from_millis(500),
        statement: Duration::from_secs(5),
        idle: Duration::from_secs(5),
    };

    /// For exports, bulk loading and deletion in chunks: long, and still finite.
    pub const LONG: Self = Self {
        lock: Duration::from_secs(5),
        statement: Duration::from_secs(300),
        idle: Duration::from_secs(60),
    };

    /// For migrations: building an index over a large table takes its time.
    pub const MIGRATION: Self = Self {
        lock: Duration::from_secs(60),
        statement: Duration::from_secs(3_600),
        idle: Duration::from_secs(60),
    };

    /// Returns the same limits with another one for waits for locks.
    #[must_use]
    pub const fn with_lock(self, lock: Duration) -> Self {
        Self { lock, ..self }
    }

    /// Returns how long the client waits for the answer to one statement.
    pub(super) const fn answer(self) -> Duration {
        /// How much longer than the server's own limit: the server is asked to give up first.
        const MARGIN: Duration = Duration::from_secs(1);
        self.statement.saturating_add(MARGIN)
    }

    /// Returns the assignments that tell the server, each beginning with `SET` or `SET LOCAL`.
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

/// A duration as PostgreSQL takes it. Zero would mean "no limit".
fn millis(duration: Duration) -> u128 {
    duration
        .as_millis()
        .clamp(1, i32::MAX.unsigned_abs().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_becomes_none_by_rounding() {
        let limits = TimeLimits::ORDINARY.with_lock(Duration::from_micros(10));
        assert_eq!(
            limits.settings("SET LOCAL"),
            "SET LOCAL lock_timeout = 1; SET LOCAL statement_timeout = 10000; \
             SET LOCAL idle_in_transaction_session_timeout = 5000"
        );
    }
}
