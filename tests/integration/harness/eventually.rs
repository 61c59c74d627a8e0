//! Waiting for something to become true, without guessing how long that takes.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use mini_compete::{
    model::CompetitionId,
    store::{Database, TimeLimits, Transaction},
};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

/// The pause between two checks.
const PACE: Duration = Duration::from_millis(25);

/// Looks again and again until there is something to see; panics after `deadline`.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    deadline: Duration,
    mut look: impl FnMut() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(
            begun.elapsed() < deadline,
            "not within {deadline:?}: {what}"
        );
        tokio::time::sleep(PACE).await;
    }
}

/// Looks again and again until it is so; panics after a minute.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let look = || {
        let looked = is_so();
        async move { looked.await.then_some(()) }
    };
    eventually(what, Duration::from_secs(60), look).await;
}

/// Waits until some connection to this PostgreSQL database waits for a lock that another one holds.
pub async fn somebody_waits_for_a_lock(database: &Database) {
    wait_for_a_lock(database, 1).await;
}

/// Waits until at least `count` connections do.
pub async fn wait_for_a_lock(database: &Database, count: i64) {
    eventually("somebody waits", Duration::from_secs(10), || async {
        let sql = "SELECT count(*) FROM pg_stat_activity \
                   WHERE wait_event_type = 'Lock' AND datname = current_database()";
        let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
        let row = database.read().query_one_raw(statement).await.unwrap();
        let waiting: i64 = row.unwrap().try_get_by_index(0).unwrap();
        (waiting >= count).then_some(())
    })
    .await;
}

/// Holds the competition's row, as another process in the middle of a transaction would.
pub async fn hold(database: &Database, competition: CompetitionId) -> Transaction {
    let held = database.begin_within(TimeLimits::LONG).await.unwrap();
    if database.backend() == DatabaseBackend::Postgres {
        let sql = format!("SELECT 1 FROM competitions WHERE id = '{competition}' FOR UPDATE");
        held.execute_unprepared(&sql).await.unwrap();
    }
    held
}
