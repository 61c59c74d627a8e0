//! The time limits of transactions on PostgreSQL, and the connection pool after lost connections.

use std::time::{Duration, Instant};

use futures::FutureExt;
use mini_compete::{
    model::CompetitionId,
    store::{Database, ErrorKind, InfrastructureError, TimeLimits},
};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};

use crate::harness::{Backend, Storage, TcpProxy, eventually, lock_competition_row, spawn_app};

const SHORT: Duration = Duration::from_millis(100);

/// Connects with two connections.
async fn database(url: &str) -> Database {
    Database::connect(&url.parse().unwrap(), 2).await.unwrap()
}

/// Returns the kind of an error.
fn kind_of<T: std::fmt::Debug>(result: Result<T, DbErr>) -> ErrorKind {
    InfrastructureError::from(result.unwrap_err()).kind()
}

/// Executes a query that returns one number.
async fn query_number(connection: &impl ConnectionTrait, sql: &str) -> Result<i64, DbErr> {
    let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
    let row = connection.query_one_raw(statement).await?;
    row.unwrap().try_get_by_index(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_lock_ends_at_the_time_limit() {
    let app = spawn_app(Backend::Postgres).await;
    let competition: CompetitionId = app.competition(5, false).await.id;
    let lock = lock_competition_row(&app.database, competition).await;
    let limits = TimeLimits::ORDINARY.with_lock(SHORT);
    let waiting = app.database.begin_within(limits).await.unwrap();
    let sql = "SELECT 1 FROM competitions FOR UPDATE";
    let waited = waiting.execute_unprepared(sql).await;
    assert_eq!(kind_of(waited), ErrorKind::LockTimeout);
    lock.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_longer_than_the_time_limit_fails() {
    let storage = Storage::create(Backend::Postgres).await;
    let database = database(&storage.database_url).await;
    let limits = TimeLimits {
        statement: SHORT,
        ..TimeLimits::ORDINARY
    };
    let transaction = database.begin_within(limits).await.unwrap();
    let slow = transaction.execute_unprepared("SELECT pg_sleep(60)").await;
    assert_eq!(kind_of(slow), ErrorKind::StatementTimeout);
    transaction.rollback().await.unwrap();
    let limit = query_number(
        database.read(),
        "SELECT setting::bigint FROM pg_settings WHERE name = 'statement_timeout'",
    );
    assert_eq!(limit.await.unwrap(), 10_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_transaction_is_rolled_back_and_its_session_ends() {
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await.id;
    let limits = TimeLimits {
        idle: SHORT,
        ..TimeLimits::ORDINARY
    };
    let idle = app.database.begin_within(limits).await.unwrap();
    let sql = format!("SELECT 1 FROM competitions WHERE id = '{competition}' FOR UPDATE");
    idle.execute_unprepared(&sql).await.unwrap();
    let start = Instant::now();
    let other = lock_competition_row(&app.database, competition).await;
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "the row is unlocked"
    );
    other.rollback().await.unwrap();
    assert_eq!(kind_of(idle.commit().await), ErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_transaction_does_not_affect_the_next_user_of_its_connection() {
    let app = spawn_app(Backend::Postgres).await;
    let competition: CompetitionId = app.competition(5, false).await.id;
    // Only one connection for reading and writing.
    let database = database(&app.storage.database_url).await;
    for n in 0..20 {
        database.ping().await.unwrap();
        // The transaction is abandoned before the reply to BEGIN arrives.
        drop(database.begin().now_or_never());
        let title = format!("Number {n}");
        let sql = format!("UPDATE competitions SET title = '{title}' WHERE id = '{competition}'");
        database.write().execute_unprepared(&sql).await.unwrap();
        // The application does not know that the test has changed the row.
        app.services.changes.everything_changed();
        let path = format!("/api/v1/competitions/{competition}");
        let seen = app.client().get(&path).await;
        assert_eq!(seen.json()["title"], title.as_str());
    }
}

/// A proxy may discard the statements that a connection has prepared, and a migration of a newer version may
/// change what they return. Neither goes away by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_whose_prepared_statements_are_of_no_use_is_replaced() {
    let storage = Storage::create(Backend::Postgres).await;
    // Only one connection for reading and writing.
    let database = database(&storage.database_url).await;
    let schema = "CREATE TABLE numbers AS SELECT 7::bigint AS number";
    database.write().execute_unprepared(schema).await.unwrap();
    for spoil in [
        "DISCARD ALL",
        "ALTER TABLE numbers ADD COLUMN more int; DISCARD PLANS",
        "ALTER TABLE numbers DROP COLUMN more",
    ] {
        let number = async || query_number(database.read(), "SELECT * FROM numbers").await;
        assert_eq!(number().await.unwrap(), 7);
        database.write().execute_unprepared(spoil).await.unwrap();
        if let Err(error) = number().await {
            let kind = InfrastructureError::from(error).kind();
            assert_eq!(kind, ErrorKind::Unavailable, "{spoil}: worth another try");
        }
        assert_eq!(number().await.unwrap(), 7, "{spoil}");
    }
}

/// A lost connection must not occupy the pool.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_replaced_by_another() {
    let storage = Storage::create(Backend::Postgres).await;
    let proxy = TcpProxy::in_front_of(&storage.database_url).await;
    // One connection for this test, and one for transactions that move seats.
    let database = database(&proxy.url(&storage.database_url)).await;
    let transaction = database.begin().await.unwrap();
    query_number(&transaction, "SELECT 1::bigint")
        .await
        .unwrap();
    proxy.black_hole_open_connections();
    let lost = Instant::now();
    let waiting = query_number(&transaction, "SELECT 2::bigint");
    let result = tokio::time::timeout(SHORT, waiting).await;
    assert!(result.is_err(), "the connection is lost");
    drop(transaction);
    eventually(
        "the pool has a connection",
        Duration::from_secs(10),
        || async { query_number(database.read(), "SELECT 3::bigint").await.ok() },
    )
    .await;
    eprintln!("the pool has a connection after {:?}", lost.elapsed());
}

/// What has broken one connection has broken all connections of its age. Waiting for the time limit of each
/// would take long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_as_old_as_a_lost_one_are_closed_with_it() {
    let storage = Storage::create(Backend::Postgres).await;
    let proxy = TcpProxy::in_front_of(&storage.database_url).await;
    let url = proxy.url(&storage.database_url);
    let database = Database::connect(&url.parse().unwrap(), 10).await.unwrap();
    let limits = TimeLimits {
        statement: SHORT,
        ..TimeLimits::ORDINARY
    };
    let transactions = (0..5).map(|_| database.begin_within(limits));
    let mut transactions = futures::future::try_join_all(transactions).await.unwrap();
    let lost = transactions.pop().unwrap();
    for transaction in transactions {
        transaction.rollback().await.unwrap();
    }
    proxy.black_hole_open_connections();
    let result = query_number(&lost, "SELECT 1::bigint").await;
    assert_eq!(kind_of(result), ErrorKind::Unavailable);
    let detected = Instant::now();
    let queries = (0..4).map(|_| query_number(database.read(), "SELECT 2::bigint"));
    futures::future::try_join_all(queries).await.unwrap();
    assert!(
        detected.elapsed() < Duration::from_secs(3),
        "{:?}",
        detected.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_does_not_see_what_others_write_meanwhile() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = spawn_app(backend).await;
        app.competition(5, false).await;
        let snapshot = app.database.begin_snapshot(TimeLimits::LONG).await.unwrap();
        let count = || async {
            let sql = "SELECT count(*) FROM competitions";
            let statement = Statement::from_string(app.database.backend(), sql);
            let row = snapshot.query_one_raw(statement).await.unwrap();
            row.unwrap().try_get_by_index::<i64>(0).unwrap()
        };
        assert_eq!(count().await, 1);
        app.competition(5, false).await;
        assert_eq!(count().await, 1, "{backend:?}");
        snapshot.rollback().await.unwrap();
    }
}
