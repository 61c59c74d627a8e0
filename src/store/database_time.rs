//! Times that several processes compare, taken from the one clock that they share: the database's.
//!
//! A lease that one machine writes and another one reads must not depend on how well their clocks
//! agree. So on PostgreSQL the server computes such a time inside the statement that writes or compares
//! it. An SQLite file is used on one machine, which has one clock.

use chrono::TimeDelta;
use sea_orm::{
    DatabaseBackend,
    sea_query::{Expr, SimpleExpr},
};

use crate::ops::Clock;

/// Returns the current time as an expression for a statement on `backend`. `clock` is used on SQLite,
/// and wherever a test sets the time.
#[must_use]
pub fn now(backend: DatabaseBackend, clock: &Clock) -> SimpleExpr {
    after(backend, clock, TimeDelta::zero())
}

/// Returns the time in `wait` from now, as an expression for a statement on `backend`.
#[must_use]
pub fn after(backend: DatabaseBackend, clock: &Clock, wait: TimeDelta) -> SimpleExpr {
    if backend == DatabaseBackend::Postgres && clock.manual_time().is_none() {
        // Not `clock_timestamp()`, which is volatile, so that no index could be used.
        let millis = wait.num_milliseconds();
        return Expr::cust(format!(
            "(statement_timestamp() + interval '{millis} milliseconds')"
        ));
    }
    Expr::value(clock.now() + wait)
}
