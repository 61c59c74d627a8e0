//! A pool of connections to PostgreSQL in which no statement waits forever.
//!
//! When a server disappears (its host fails, a failover happens, a firewall drops the connection's
//! state), the packets of its clients are lost, and TCP reports that only after a quarter of an hour.
//! So every exchange has a deadline. A connection that misses it is closed. All connections of the same
//! age or older are closed too when they are next taken, since one cause has probably broken all.
//! The driver's pool waits without a limit when a connection is returned to it, which would occupy the
//! slot of a broken connection: [`Checkout`] returns connections itself.

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

/// The idle time up to which a connection is used without a ping.
const TRUSTED_IDLE_TIME: Duration = Duration::from_secs(5);
/// The time limit for a ping of an idle connection.
const PING_TIMEOUT: Duration = Duration::from_millis(500);
/// The time limit for rolling back and returning a connection; after that it is closed.
const RETURN_TIMEOUT: Duration = Duration::from_secs(2);
/// The time limit for `BEGIN`, which does no work.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(3);
/// The idle time after which a connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// Makes the server detect clients that disappear. Each value is set only where the server knows the
/// parameter (`client_connection_check_interval` exists since version 14).
const DETECT_LOST_CLIENTS: &str = "SELECT set_config(parameter.name, parameter.value, false) \
    FROM (VALUES ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '3'), \
    ('tcp_keepalives_count', '3'), ('tcp_user_timeout', '15000'), \
    ('client_connection_check_interval', '2000')) AS parameter (name, value) \
    JOIN pg_settings USING (name)";

/// The state that all connections to one server share.
#[derive(Debug)]
pub(super) struct PostgresServer {
    started: Instant,
    /// Microseconds after `started`: connections opened before are not used any more.
    distrusted_before: AtomicU64,
}

impl PostgresServer {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            distrusted_before: AtomicU64::new(0),
        }
    }

    /// Marks all open connections as unusable.
    fn distrust_open_connections(&self) {
        self.distrusted_before
            .fetch_max(self.micros(Instant::now()), Relaxed);
    }

    /// Returns whether a connection of this age may still be used.
    fn trusts_connection_of_age(&self, age: Duration) -> bool {
        let made = Instant::now().checked_sub(age);
        made.is_some_and(|made| self.micros(made) >= self.distrusted_before.load(Relaxed))
    }

    fn micros(&self, moment: Instant) -> u64 {
        let since = moment.saturating_duration_since(self.started);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

/// A pool of connections to one server.
#[derive(Debug, Clone)]
pub(super) struct PostgresPool {
    pool: sqlx::PgPool,
    server: Arc<PostgresServer>,
}

impl PostgresPool {
    /// Opens the pool and its first connection, so that a wrong address fails here.
    pub(super) async fn open(
        options: &PgConnectOptions,
        connections: u32,
        max_wait: Duration,
        server: &Arc<PostgresServer>,
    ) -> Result<Self, DbErr> {
        let watched = Arc::clone(server);
        let pool = pool_options(connections, max_wait, TimeLimits::ORDINARY)
            .before_acquire(move |connection, about| {
                let server = Arc::clone(&watched);
                Box::pin(async move {
                    if !server.trusts_connection_of_age(about.age) {
                        return Ok(false);
                    }
                    // No ping at every use: a broken connection causes an error that callers retry.
                    Ok(about.idle_for < TRUSTED_IDLE_TIME
                        || matches!(timeout(PING_TIMEOUT, connection.ping()).await, Ok(Ok(()))))
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

    /// Takes a connection for one transaction or statement.
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

/// Returns the options of a pool whose sessions keep within `limits`.
pub(super) fn pool_options(
    connections: u32,
    max_wait: Duration,
    limits: TimeLimits,
) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(max_wait)
        .idle_timeout(IDLE_TIMEOUT)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                // Statements and not startup parameters, which PgBouncer rejects.
                let settings = AssertSqlSafe(limits.settings("SET"));
                connection.execute(settings).await?;
                if let Err(error) = connection.execute(DETECT_LOST_CLIENTS).await {
                    tracing::debug!(%error, "PostgreSQL cannot check during a statement whether its client is connected");
                }
                Ok(())
            })
        })
}

/// A connection in use. When it is dropped, an open transaction is rolled back and the connection
/// returns to the pool; if it does not respond, it is closed.
#[derive(Debug)]
pub(super) struct Checkout {
    connection: Option<PoolConnection<Postgres>>,
    /// Whether a transaction may be open.
    open: bool,
    server: Arc<PostgresServer>,
}

impl Checkout {
    /// Begins a transaction with `sql`: `BEGIN` and the statements that set limits, in one message.
    pub(super) async fn begin(&mut self, sql: String) -> Result<(), DbErr> {
        // Set before the statement, because the caller may drop this future while it runs.
        self.open = true;
        let begun = timeout(BEGIN_TIMEOUT, self.live()?.execute(AssertSqlSafe(sql))).await;
        let begun = self
            .close_if_unanswered(begun, BEGIN_TIMEOUT)
            .map_err(query_error);
        if begun.is_err() {
            // A part of the statements may have run: this connection must not be used again.
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
        self.close_if_unanswered(ended, limit)
            .map_err(query_error)?;
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
        self.close_if_unanswered(done, limit)
            .map(Into::into)
            .map_err(exec_error)
    }

    pub(super) async fn execute_unprepared(
        &mut self,
        sql: &str,
        limit: Duration,
    ) -> Result<ExecResult, DbErr> {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = timeout(limit, self.live()?.execute(sql)).await;
        self.close_if_unanswered(done, limit)
            .map(Into::into)
            .map_err(exec_error)
    }

    pub(super) async fn query_one(
        &mut self,
        statement: &Statement,
        limit: Duration,
    ) -> Result<Option<QueryResult>, DbErr> {
        let begun = Instant::now();
        let row = timeout(limit, query(statement).fetch_one(self.live()?)).await;
        record(begun);
        match self.close_if_unanswered(row, limit) {
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
        let rows = self.close_if_unanswered(rows, limit).map_err(query_error)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Returns the connection, or an error if it was closed.
    fn live(&mut self) -> Result<&mut PgConnection, DbErr> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            None => Err(query_error(
                io::Error::from(io::ErrorKind::NotConnected).into(),
            )),
        }
    }

    /// Closes the connection if the server missed the deadline. The server was asked to keep it by
    /// itself, so it is unreachable, whatever TCP reports.
    fn close_if_unanswered<T>(
        &mut self,
        answer: Result<Result<T, SqlxError>, tokio::time::error::Elapsed>,
        limit: Duration,
    ) -> Result<T, SqlxError> {
        answer.unwrap_or_else(|_elapsed| {
            self.server.distrust_open_connections();
            self.discard();
            let message = format!("PostgreSQL did not respond within {limit:?}");
            Err(io::Error::new(io::ErrorKind::TimedOut, message).into())
        })
    }

    /// Closes the socket at once, without a message to the server.
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
            // The process is stopping.
            return drop(connection.detach());
        };
        let open = self.open;
        runtime.spawn(async move {
            // ROLLBACK waits until an unfinished statement has ended.
            let ended = !open
                || matches!(
                    timeout(RETURN_TIMEOUT, connection.execute("ROLLBACK")).await,
                    Ok(Ok(_))
                );
            if !ended {
                return drop(connection.detach());
            }
            // Dropping the connection would do the same without a limit. When this future is dropped at
            // the limit, it closes the connection.
            if timeout(RETURN_TIMEOUT, connection.return_to_pool())
                .await
                .is_err()
            {
                tracing::debug!("Closed a PostgreSQL connection that did not respond");
            }
        });
    }
}

fn query(statement: &Statement) -> sqlx::query::Query<'_, Postgres, SqlxValues> {
    let values = statement.values.clone();
    let values = values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

/// Records the duration of a statement.
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
