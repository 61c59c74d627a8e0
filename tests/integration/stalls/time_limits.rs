//! The limits of transactions on PostgreSQL, one by one.

use std::time::{Duration, Instant};

use futures::FutureExt;
use mini_compete::{
    model::CompetitionId,
    store::{Database, ErrorKind, InfrastructureError, TimeLimits},
};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};

use crate::harness::{Backend, Place, TcpProxy, eventually, hold, spawn_app};

const SHORT: Duration = Duration::from_millis(100);

async fn database(url: &str) -> Database {
    Database::connect(&url.parse().unwrap(), 2).await.unwrap()
}

fn kind_of<T: std::fmt::Debug>(result: Result<T, DbErr>) -> ErrorKind {
    InfrastructureError::from(result.unwrap_err()).kind()
}

async fn number(connection: &impl ConnectionTrait, sql: &str) -> Result<i64, DbErr> {
    let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
    let row = connection.query_one_raw(statement).await?;
    row.unwrap().try_get_by_index(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_lock_is_not_waited_for_longer_than_the_limit() {
    let app = spawn_app(Backend::Postgres).await;
    let competition: CompetitionId = app.competition(5, false).await.id;
    let held = hold(&app.database, competition).await;
    let limits = TimeLimits::ORDINARY.with_lock(SHORT);
    let waiting = app.database.begin_within(limits).await.unwrap();
    let sql = "SELECT 1 FROM competitions FOR UPDATE";
    let waited = waiting.execute_unprepared(sql).await;
    assert_eq!(kind_of(waited), ErrorKind::LockTimeout);
    held.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_longer_than_the_limit_fails() {
    let place = Place::fresh(Backend::Postgres).await;
    let database = database(&place.database_url).await;
    let limits = TimeLimits {
        statement: SHORT,
        ..TimeLimits::ORDINARY
    };
    let transaction = database.begin_within(limits).await.unwrap();
    let slow = transaction.execute_unprepared("SELECT pg_sleep(60)").await;
    assert_eq!(kind_of(slow), ErrorKind::StatementTimeout);
    transaction.rollback().await.unwrap();
    let limit = number(
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
    let begun = Instant::now();
    let other = hold(&app.database, competition).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "the row is free");
    other.rollback().await.unwrap();
    assert_eq!(kind_of(idle.commit().await), ErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_transaction_is_not_left_to_the_next_user() {
    let app = spawn_app(Backend::Postgres).await;
    let competition: CompetitionId = app.competition(5, false).await.id;
    // One connection for reading and writing.
    let database = database(&app.place.database_url).await;
    for n in 0..20 {
        database.ping().await.unwrap();
        // Abandoned before the reply to BEGIN arrives.
        drop(database.begin().now_or_never());
        let title = format!("Number {n}");
        let sql = format!("UPDATE competitions SET title = '{title}' WHERE id = '{competition}'");
        database.write().execute_unprepared(&sql).await.unwrap();
        let path = format!("/api/v1/competitions/{competition}");
        let seen = app.client().get(&path).await;
        assert_eq!(seen.json()["title"], title.as_str());
    }
}

/// A lost connection must not occupy the pool.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_replaced_by_another() {
    let place = Place::fresh(Backend::Postgres).await;
    let proxy = TcpProxy::before(&place.database_url).await;
    // One connection for this test, and one for transactions that move seats.
    let database = database(&proxy.url(&place.database_url)).await;
    let transaction = database.begin().await.unwrap();
    number(&transaction, "SELECT 1::bigint").await.unwrap();
    proxy.black_hole_open_connections();
    let lost = Instant::now();
    let waiting = number(&transaction, "SELECT 2::bigint");
    let given_up = tokio::time::timeout(SHORT, waiting).await;
    assert!(given_up.is_err(), "nobody answers");
    drop(transaction);
    eventually("there is a connection", Duration::from_secs(10), || async {
        number(database.read(), "SELECT 3::bigint").await.ok()
    })
    .await;
    eprintln!("a connection again after {:?}", lost.elapsed());
}

/// What broke one connection has broken all of its age: waiting for a timeout of each would take long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_as_old_as_a_lost_one_are_closed_with_it() {
    let place = Place::fresh(Backend::Postgres).await;
    let proxy = TcpProxy::before(&place.database_url).await;
    let url = proxy.url(&place.database_url);
    let database = Database::connect(&url.parse().unwrap(), 10).await.unwrap();
    let limits = TimeLimits {
        statement: SHORT,
        ..TimeLimits::ORDINARY
    };
    let begun = (0..5).map(|_| database.begin_within(limits));
    let mut begun = futures::future::try_join_all(begun).await.unwrap();
    let one = begun.pop().unwrap();
    for transaction in begun {
        transaction.rollback().await.unwrap();
    }
    proxy.black_hole_open_connections();
    let answer = number(&one, "SELECT 1::bigint").await;
    assert_eq!(kind_of(answer), ErrorKind::Unavailable);
    let found_out = Instant::now();
    let asked = (0..4).map(|_| number(database.read(), "SELECT 2::bigint"));
    futures::future::try_join_all(asked).await.unwrap();
    assert!(
        found_out.elapsed() < Duration::from_secs(3),
        "{:?}",
        found_out.elapsed()
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
