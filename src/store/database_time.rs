//! Times that several processes compare, by the one clock that they share: the database's.
//!
//! A lease that one machine writes and another one reads must not depend on how well the clocks of
//! the two agree. So on PostgreSQL such a time is computed by the server, inside the statement
//! that writes or compares it. A SQLite file has one machine, hence one clock.

use chrono::TimeDelta;
use sea_orm::{
    DatabaseBackend,
    sea_query::{Expr, SimpleExpr},
};

use crate::ops::Clock;

/// Now, as an expression for a statement on `backend`. `clock` is asked on SQLite, and where a
/// test sets the time for everybody.
#[must_use]
pub fn now(backend: DatabaseBackend, clock: &Clock) -> SimpleExpr {
    after(backend, clock, TimeDelta::zero())
}

/// The same, `wait` later.
#[must_use]
pub fn after(backend: DatabaseBackend, clock: &Clock, wait: TimeDelta) -> SimpleExpr {
    if backend == DatabaseBackend::Postgres && clock.manual_time().is_none() {
        // Not `clock_timestamp()`, which is volatile: no index could be used with it.
        let millis = wait.num_milliseconds();
        return Expr::cust(format!(
            "(statement_timestamp() + interval '{millis} milliseconds')"
        ));
    }
    Expr::value(clock.now() + wait)
}
