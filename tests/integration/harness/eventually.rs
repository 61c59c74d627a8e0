//! Waiting for a condition by polling, instead of sleeping for a guessed time.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use mini_compete::{
    model::CompetitionId,
    store::{Database, TimeLimits, Transaction},
};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

/// The pause between two polls.
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Polls until the function returns a value, and returns it. Panics after `deadline` with the description of
/// the condition.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    condition: &str,
    deadline: Duration,
    mut poll: impl FnMut() -> F,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = poll().await {
            return value;
        }
        assert!(
            start.elapsed() < deadline,
            "not within {deadline:?}: {condition}"
        );
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Polls until the condition is true. Panics after a minute with the description of the condition.
pub async fn wait_until<F: Future<Output = bool>>(condition: &str, mut is_true: impl FnMut() -> F) {
    let poll = || {
        let result = is_true();
        async move { result.await.then_some(()) }
    };
    eventually(condition, Duration::from_secs(60), poll).await;
}

/// Waits until a connection to this PostgreSQL database waits for a lock that another one holds.
pub async fn wait_for_lock_waiter(database: &Database) {
    wait_for_lock_waiters(database, 1).await;
}

/// Waits until at least `count` connections to this PostgreSQL database wait for locks.
pub async fn wait_for_lock_waiters(database: &Database, count: i64) {
    eventually(
        "connections wait for locks",
        Duration::from_secs(10),
        || async {
            let sql = "SELECT count(*) FROM pg_stat_activity \
                   WHERE wait_event_type = 'Lock' AND datname = current_database()";
            let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
            let row = database.read().query_one_raw(statement).await.unwrap();
            let waiting: i64 = row.unwrap().try_get_by_index(0).unwrap();
            (waiting >= count).then_some(())
        },
    )
    .await;
}

/// Locks the row of a competition, as another process in a transaction does. On SQLite the transaction
/// excludes all other writers.
pub async fn lock_competition_row(database: &Database, competition: CompetitionId) -> Transaction {
    let held = database.begin_within(TimeLimits::LONG).await.unwrap();
    if database.backend() == DatabaseBackend::Postgres {
        let sql = format!("SELECT 1 FROM competitions WHERE id = '{competition}' FOR UPDATE");
        held.execute_unprepared(&sql).await.unwrap();
    }
    held
}
