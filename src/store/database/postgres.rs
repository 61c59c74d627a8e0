//! A pool of connections to PostgreSQL in which no statement waits forever.
//!
//! When a server disappears (its host fails, a failover happens, a firewall drops the connection's
//! state), the packets of its clients are lost, and TCP reports that only after a quarter of an hour.
//! So every exchange has a deadline. A connection that misses it is closed. All connections of the same
//! age or older are closed too when they are next taken, since one cause has probably broken all.
//! The driver's pool is not used: it waits without a limit when a connection is returned to it, and
//! exchanges a message with the server each time, which costs as much as a small query.

mod pool;
mod server;

use std::{
    io,
    time::{Duration, Instant},
};

use sea_orm::{
    DbErr, ExecResult, QueryResult, RuntimeErr, SqlxError, Statement,
    sqlx::{
        self, AssertSqlSafe, Connection as _, Executor as _, PgConnection, Postgres,
        postgres::{PgDatabaseError, PgPoolOptions, PgSeverity},
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::{runtime::Handle, time::timeout};

pub(super) use self::{
    pool::PostgresPool,
    server::{PostgresServer, connection_error},
};
use self::{
    pool::{PoolSlot, PooledConnection},
    server::{RETURN_TIMEOUT, prepare},
};
use super::time_limits::TimeLimits;
use crate::{ops::metrics::names, store::infrastructure_error::PREPARED_STATEMENT_LOST};

/// The time limit for `BEGIN`, which does no work.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Returns the options of a pool of the driver's whose sessions keep within `limits`, for migrations.
pub(super) fn pool_options(
    connections: u32,
    max_wait: Duration,
    limits: TimeLimits,
) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(max_wait)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(prepare(connection, limits)))
}

/// A connection in use. When it is dropped, an open transaction is rolled back and the connection
/// returns to the pool; if it does not respond, it is closed.
#[derive(Debug)]
pub(super) struct Checkout {
    connection: Option<PooledConnection>,
    /// Whether a transaction may be open.
    open: bool,
    /// Whether a statement was sent whose response was not read to its end.
    busy: bool,
    slot: PoolSlot,
}

impl PostgresPool {
    /// Takes a connection for one transaction or statement.
    pub(super) async fn acquire(&self) -> Result<Checkout, DbErr> {
        let (connection, slot) = self.take().await?;
        Ok(Checkout {
            connection: Some(connection),
            open: false,
            busy: false,
            slot,
        })
    }
}

impl Checkout {
    /// Begins a transaction with `sql`: `BEGIN` and the statements that set limits, in one message.
    pub(super) async fn begin(&mut self, sql: String) -> Result<(), DbErr> {
        // Set before the statement, because the caller may drop this future while it runs.
        self.open = true;
        let begun = timeout(BEGIN_TIMEOUT, self.live()?.execute(AssertSqlSafe(sql))).await;
        let begun = self.answered(begun, BEGIN_TIMEOUT).map_err(query_error);
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
        self.answered(ended, limit).map_err(query_error)?;
        self.open = false;
        Ok(())
    }

    pub(super) async fn execute(
        &mut self,
        statement: Statement,
        limit: Duration,
    ) -> Result<ExecResult, DbErr> {
        let begun = Instant::now();
        let done = timeout(limit, query(statement).execute(self.live()?)).await;
        record(begun);
        self.answered(done, limit)
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
        self.answered(done, limit)
            .map(Into::into)
            .map_err(exec_error)
    }

    pub(super) async fn query_one(
        &mut self,
        statement: Statement,
        limit: Duration,
    ) -> Result<Option<QueryResult>, DbErr> {
        let begun = Instant::now();
        let row = timeout(limit, query(statement).fetch_one(self.live()?)).await;
        record(begun);
        match self.answered(row, limit) {
            Ok(row) => Ok(Some(row.into())),
            Err(SqlxError::RowNotFound) => Ok(None),
            Err(error) => Err(query_error(error)),
        }
    }

    pub(super) async fn query_all(
        &mut self,
        statement: Statement,
        limit: Duration,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let begun = Instant::now();
        let rows = timeout(limit, query(statement).fetch_all(self.live()?)).await;
        record(begun);
        let rows = self.answered(rows, limit).map_err(query_error)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Returns the connection for one statement, or an error if it was closed.
    fn live(&mut self) -> Result<&mut PgConnection, DbErr> {
        match &mut self.connection {
            Some(pooled) => {
                self.busy = true;
                Ok(&mut pooled.connection)
            }
            None => Err(query_error(
                io::Error::from(io::ErrorKind::NotConnected).into(),
            )),
        }
    }

    /// Notes that a statement has ended. Closes the connection if it is broken, or if the server missed the
    /// deadline: it was asked to keep it by itself, so it is unreachable, whatever TCP reports.
    fn answered<T>(
        &mut self,
        answer: Result<Result<T, SqlxError>, tokio::time::error::Elapsed>,
        limit: Duration,
    ) -> Result<T, SqlxError> {
        self.busy = false;
        match answer {
            Ok(Err(error)) => {
                if breaks_connection(&error) {
                    self.discard();
                }
                Err(error)
            }
            Ok(answer) => answer,
            Err(_elapsed) => {
                self.slot.distrust_open_connections();
                self.discard();
                let message = format!("PostgreSQL did not respond within {limit:?}");
                Err(io::Error::new(io::ErrorKind::TimedOut, message).into())
            }
        }
    }

    /// Closes the socket at once, without a message to the server.
    fn discard(&mut self) {
        drop(self.connection.take());
    }
}

/// Returns whether a connection can't be used after an error: all but those that the server reports about
/// one statement, or that follow from the values in its rows. If what was prepared on the connection is
/// gone or of no use ([`PREPARED_STATEMENT_LOST`]), the driver would use it again and again.
fn breaks_connection(error: &SqlxError) -> bool {
    match error {
        SqlxError::Database(error) => {
            error
                .try_downcast_ref::<PgDatabaseError>()
                .is_none_or(|error| {
                    matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)
                        || PREPARED_STATEMENT_LOST.contains(&error.code())
                })
        }
        SqlxError::RowNotFound
        | SqlxError::Encode(_)
        | SqlxError::Decode(_)
        | SqlxError::ColumnDecode { .. }
        | SqlxError::ColumnNotFound(_)
        | SqlxError::ColumnIndexOutOfBounds { .. }
        | SqlxError::TypeNotFound { .. } => false,
        _ => true,
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let Some(mut pooled) = self.connection.take() else {
            return;
        };
        let (open, mut slot) = (self.open, self.slot.take());
        if !open && !self.busy {
            return slot.put_back(pooled);
        }
        let Ok(runtime) = Handle::try_current() else {
            // The process is stopping.
            return;
        };
        runtime.spawn(async move {
            let connection = &mut pooled.connection;
            // Both wait until an unfinished statement has ended.
            let ended = async {
                match open {
                    true => connection.execute("ROLLBACK").await.map(drop),
                    false => connection.ping().await,
                }
            };
            match timeout(RETURN_TIMEOUT, ended).await {
                Ok(Ok(())) => slot.put_back(pooled),
                // Dropped, it is closed.
                _ => tracing::debug!("Closed a PostgreSQL connection that did not respond"),
            }
        });
    }
}

/// Returns a statement as the driver's. The values are moved: those of a batch are hundreds of messages.
fn query(statement: Statement) -> sqlx::query::Query<'static, Postgres, SqlxValues> {
    let Statement { sql, values, .. } = statement;
    let values = values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values))
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
