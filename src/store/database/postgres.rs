//! Connections to PostgreSQL of which none can keep its user waiting for ever.
//!
//! A server that vanishes without a word (its host is gone, a failover, a firewall that forgot the
//! connection) leaves its clients waiting: their packets are lost, and TCP takes a quarter of an
//! hour to say so. So every exchange has a deadline here. A connection that misses it is closed and
//! never used again, nor are those that are as old, since what broke one has likely broken all.
//! The pool's own way of taking connections back waits for an answer without a limit, which would
//! keep the place of a dead connection taken: [`Checkout`] takes them back itself.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use sea_orm::{
    ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, SqlxError, Statement,
    sqlx::{
        self, AssertSqlSafe, Connection as _, Executor as _, PgConnection, Postgres,
        pool::PoolConnection,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::{runtime::Handle, time::timeout};

use super::time_limits::TimeLimits;
use crate::ops::metrics::names;

/// For how long an idle connection is used without asking whether it still works.
const TRUST: Duration = Duration::from_secs(5);
/// How long an idle connection has to answer that it still works.
const PING: Duration = Duration::from_millis(500);
/// How long a connection has to end what its user left unfinished before it is closed.
const TAKE_BACK: Duration = Duration::from_secs(2);
/// How long `BEGIN` may take, which does nothing.
const BEGIN: Duration = Duration::from_secs(3);
/// Idle connections are closed after this.
const IDLE: Duration = Duration::from_secs(300);

/// What the server is asked to do about clients that vanish. Each value is set where the server
/// knows the parameter (`client_connection_check_interval` came with version 14).
const WATCH_CLIENTS: &str = "SELECT set_config(wanted.name, wanted.value, false) \
    FROM (VALUES ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '3'), \
    ('tcp_keepalives_count', '3'), ('tcp_user_timeout', '15000'), \
    ('client_connection_check_interval', '2000')) AS wanted (name, value) \
    JOIN pg_settings USING (name)";

/// What all connections to one server have in common.
#[derive(Debug)]
pub(super) struct Server {
    started: Instant,
    /// Microseconds after `started`: connections that were made before are not used any more.
    given_up: AtomicU64,
}

impl Server {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            given_up: AtomicU64::new(0),
        }
    }

    /// Gives up all connections that exist.
    fn give_up(&self) {
        self.given_up
            .fetch_max(self.micros(Instant::now()), Relaxed);
    }

    fn trusts_connections_of(&self, age: Duration) -> bool {
        let made = Instant::now().checked_sub(age);
        made.is_some_and(|made| self.micros(made) >= self.given_up.load(Relaxed))
    }

    fn micros(&self, moment: Instant) -> u64 {
        let since = moment.saturating_duration_since(self.started);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

/// A pool of connections.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    pool: sqlx::PgPool,
    server: Arc<Server>,
}

impl Pool {
    /// Connects once, to see that it works.
    pub(super) async fn open(
        options: &PgConnectOptions,
        connections: u32,
        patience: Duration,
        server: &Arc<Server>,
    ) -> Result<Self, DbErr> {
        let watched = Arc::clone(server);
        let pool = pool_options(connections, patience, TimeLimits::ORDINARY)
            .before_acquire(move |connection, about| {
                let server = Arc::clone(&watched);
                Box::pin(async move {
                    if !server.trusts_connections_of(about.age) {
                        return Ok(false);
                    }
                    // Not at every use: a dead connection shows as a fault that callers retry.
                    Ok(about.idle_for < TRUST
                        || matches!(timeout(PING, connection.ping()).await, Ok(Ok(()))))
                })
            })
            .connect_with(options.clone())
            .await
            .map_err(connection_error)?;
        Ok(Self {
            pool,
            server: Arc::clone(server),
        })
    }

    /// Takes a connection for one user.
    pub(super) async fn acquire(&self) -> Result<Checkout, DbErr> {
        let connection = self.pool.acquire().await.map_err(acquire_error)?;
        Ok(Checkout {
            connection: Some(connection),
            open: false,
            server: Arc::clone(&self.server),
        })
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Options of a pool whose sessions keep `limits`.
pub(super) fn pool_options(
    connections: u32,
    patience: Duration,
    limits: TimeLimits,
) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(patience)
        .idle_timeout(IDLE)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                // Ordinary statements, not startup parameters, which PgBouncer refuses.
                let settings = AssertSqlSafe(limits.settings("SET"));
                connection.execute(settings).await?;
                if let Err(error) = connection.execute(WATCH_CLIENTS).await {
                    tracing::debug!(%error, "PostgreSQL does not look whether clients are there");
                }
                Ok(())
            })
        })
}

/// A connection in use. Dropped, it goes back to the pool, after a rollback if a transaction is
/// open; unless it does not answer: then it is closed.
#[derive(Debug)]
pub(super) struct Checkout {
    connection: Option<PoolConnection<Postgres>>,
    /// Whether a transaction may be open.
    open: bool,
    server: Arc<Server>,
}

impl Checkout {
    /// Begins a transaction with `sql`: `BEGIN`, and what belongs to it in the same message.
    pub(super) async fn begin(&mut self, sql: String) -> Result<(), DbErr> {
        // From here on, also where nobody waits for the answer any more.
        self.open = true;
        let begun = timeout(BEGIN, self.live()?.execute(AssertSqlSafe(sql))).await;
        let begun = self.judge(begun, BEGIN).map_err(query_error);
        if begun.is_err() {
            // Half of it may have happened: nobody must find it on this connection.
            self.discard();
        }
        begun.map(drop)
    }

    pub(super) async fn commit(&mut self, limit: Duration) -> Result<(), DbErr> {
        self.end("COMMIT", limit).await
    }

    pub(super) async fn rollback(&mut self, limit: Duration) -> Result<(), DbErr> {
        self.end("ROLLBACK", limit).await
    }

    async fn end(&mut self, sql: &'static str, limit: Duration) -> Result<(), DbErr> {
        let ended = timeout(limit, self.live()?.execute(sql)).await;
        self.judge(ended, limit).map_err(query_error)?;
        self.open = false;
        Ok(())
    }

    pub(super) async fn execute(
        &mut self,
        statement: &Statement,
        limit: Duration,
    ) -> Result<ExecResult, DbErr> {
        let begun = Instant::now();
        let done = timeout(limit, query(statement).execute(self.live()?)).await;
        record(begun);
        self.judge(done, limit).map(Into::into).map_err(exec_error)
    }

    pub(super) async fn execute_unprepared(
        &mut self,
        sql: &str,
        limit: Duration,
    ) -> Result<ExecResult, DbErr> {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = timeout(limit, self.live()?.execute(sql)).await;
        self.judge(done, limit).map(Into::into).map_err(exec_error)
    }

    pub(super) async fn query_one(
        &mut self,
        statement: &Statement,
        limit: Duration,
    ) -> Result<Option<QueryResult>, DbErr> {
        let begun = Instant::now();
        let row = timeout(limit, query(statement).fetch_one(self.live()?)).await;
        record(begun);
        match self.judge(row, limit) {
            Ok(row) => Ok(Some(row.into())),
            Err(SqlxError::RowNotFound) => Ok(None),
            Err(error) => Err(query_error(error)),
        }
    }

    pub(super) async fn query_all(
        &mut self,
        statement: &Statement,
        limit: Duration,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let begun = Instant::now();
        let rows = timeout(limit, query(statement).fetch_all(self.live()?)).await;
        record(begun);
        let rows = self.judge(rows, limit).map_err(query_error)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    fn live(&mut self) -> Result<&mut PgConnection, DbErr> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            None => Err(query_error(
                io::Error::from(io::ErrorKind::NotConnected).into(),
            )),
        }
    }

    /// Closes the connection if the server missed the deadline, which it had been asked to keep
    /// itself: it is not there any more, whatever TCP believes.
    fn judge<T>(
        &mut self,
        answer: Result<Result<T, SqlxError>, tokio::time::error::Elapsed>,
        limit: Duration,
    ) -> Result<T, SqlxError> {
        answer.unwrap_or_else(|_elapsed| {
            self.server.give_up();
            self.discard();
            let message = format!("PostgreSQL did not answer within {limit:?}");
            Err(io::Error::new(io::ErrorKind::TimedOut, message).into())
        })
    }

    /// Closes the socket at once, without a word to the server.
    fn discard(&mut self) {
        drop(self.connection.take().map(PoolConnection::detach));
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            // The process is ending.
            return drop(connection.detach());
        };
        let open = self.open;
        runtime.spawn(async move {
            // Before that, what was left unfinished comes to its end.
            let ended = !open
                || matches!(
                    timeout(TAKE_BACK, connection.execute("ROLLBACK")).await,
                    Ok(Ok(_))
                );
            if !ended {
                return drop(connection.detach());
            }
            // What its drop would do too, but for as long as the server likes. Given up, it closes
            // the connection.
            if timeout(TAKE_BACK, connection.return_to_pool())
                .await
                .is_err()
            {
                tracing::debug!("a connection that did not answer was closed");
            }
        });
    }
}

fn query(statement: &Statement) -> sqlx::query::Query<'_, Postgres, SqlxValues> {
    let values = statement.values.clone();
    let values = values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

fn record(begun: Instant) {
    metrics::histogram!(names::DB_SECONDS).record(begun.elapsed());
}

fn exec_error(error: SqlxError) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn query_error(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

pub(super) fn connection_error(error: SqlxError) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

fn acquire_error(error: SqlxError) -> DbErr {
    match error {
        SqlxError::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        SqlxError::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        error => connection_error(error),
    }
}
