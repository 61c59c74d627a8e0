//! The database: PostgreSQL, or one SQLite file.
//!
//! Everything that talks to PostgreSQL has a time limit, kept by the server and, where the server does not
//! respond, by the client ([`TimeLimits`]).

mod postgres;
mod time_limits;
mod transaction;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, sqlx::postgres::PgConnectOptions,
};

use self::{postgres::PostgresServer, transaction::PoolBackend};
pub use self::{
    time_limits::TimeLimits,
    transaction::{Pool, Transaction},
};
use super::{ErrorKind, InfrastructureError, infrastructure_error::kind_of};
use crate::ops::{
    metrics::names,
    settings::{DatabaseUrl, SqliteUrl},
};

/// How long a caller waits for a connection before it gets an error.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// The same for serializable transactions. Usually one runs at a time; if none of several connections is
/// free, each waits for a lock. It is not less because a connection may have to be opened first.
const ACQUIRE_TIMEOUT_SERIALIZABLE: Duration = Duration::from_secs(1);
/// The most connections for serializable transactions; they get a fifth of all, up to this number.
const SERIALIZABLE_CONNECTIONS: u32 = 4;
/// How long broken connections are skipped when a transaction begins.
const SKIP_BROKEN: Duration = Duration::from_secs(5);
/// How long SQLite waits while another process writes (`user create` beside the server).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The number of connections that read an SQLite file.
const SQLITE_READERS: u32 = 8;
/// The idle time after which one of them is closed, since each has a thread and caches of its own.
const SQLITE_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a transaction sees of concurrent ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Isolation {
    ReadCommitted,
    Serializable,
    Snapshot,
}

impl Isolation {
    /// Returns the statements that begin a transaction on PostgreSQL, sent in one message.
    ///
    /// Statements in writing transactions find rows by their keys, and a connection caches their plans.
    /// A plan made while a table is nearly empty scans the whole table, and is still used when
    /// registrations have filled it. So sequential scans are disabled.
    fn begin(self, limits: TimeLimits) -> String {
        let begin = match self {
            Self::ReadCommitted => "BEGIN; SET LOCAL enable_seqscan = off",
            Self::Serializable => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL enable_seqscan = off"
            }
            Self::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        format!("{begin}; {}", limits.settings("SET LOCAL"))
    }
}

/// The database. Cheap to clone; clones share their connections.
///
/// | pool | PostgreSQL | SQLite |
/// | --- | --- | --- |
/// | read | shared with write | several connections |
/// | write | most connections | one connection, since SQLite has one writer at a time: writes wait here in order rather than fail with `SQLITE_BUSY` |
/// | serializable | a few connections of its own, so that registrations neither wait behind page views nor occupy all connections while they wait for a lock | shared with write |
#[derive(Debug, Clone)]
pub struct Database(Arc<Pools>);

#[derive(Debug)]
struct Pools {
    read: Pool,
    write: Pool,
    serializable: Pool,
    serializable_connections: u32,
    postgres: Option<PgConnectOptions>,
}

impl Database {
    /// Opens the SQLite file, or connects to PostgreSQL with up to `connections` connections.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database cannot be reached or opened.
    pub async fn connect(url: &DatabaseUrl, connections: u32) -> Result<Self, InfrastructureError> {
        match url {
            DatabaseUrl::Sqlite(url) => {
                let write = Pool(PoolBackend::Sqlite(
                    open_timed(sqlite_options(url, 1)).await?,
                ));
                let read = open_timed(sqlite_options(url, SQLITE_READERS)).await?;
                tracing::debug!(file = %url.file().display(), "Opened the SQLite file");
                Ok(Self(Arc::new(Pools {
                    read: Pool(PoolBackend::Sqlite(read)),
                    serializable: write.clone(),
                    serializable_connections: 1,
                    write,
                    postgres: None,
                })))
            }
            DatabaseUrl::Postgres(url) => {
                let few = connections.div_ceil(5).min(SERIALIZABLE_CONNECTIONS);
                let most = connections.saturating_sub(few).max(1);
                let options = url.options().map_err(postgres::connection_error)?;
                let server = Arc::new(PostgresServer::new());
                let pool =
                    postgres::PostgresPool::open(&options, most, ACQUIRE_TIMEOUT, &server).await?;
                let serializable = postgres::PostgresPool::open(
                    &options,
                    few,
                    ACQUIRE_TIMEOUT_SERIALIZABLE,
                    &server,
                )
                .await?;
                let pool = Pool(PoolBackend::Postgres(pool));
                Ok(Self(Arc::new(Pools {
                    read: pool.clone(),
                    write: pool,
                    serializable: Pool(PoolBackend::Postgres(serializable)),
                    serializable_connections: few,
                    postgres: Some(options),
                })))
            }
        }
    }

    /// Returns the pool for single statements that only read, within [`TimeLimits::ORDINARY`].
    #[must_use]
    pub fn read(&self) -> &Pool {
        &self.0.read
    }

    /// Returns the pool for single statements that write, within [`TimeLimits::ORDINARY`].
    #[must_use]
    pub fn write(&self) -> &Pool {
        &self.0.write
    }

    /// Returns which of the two databases it is.
    #[must_use]
    pub fn backend(&self) -> DatabaseBackend {
        self.0.write.get_database_backend()
    }

    /// Returns how many serializable transactions can be open at the same time.
    #[must_use]
    pub fn serializable_connections(&self) -> u32 {
        self.0.serializable_connections
    }

    /// Begins a transaction that may write: `BEGIN IMMEDIATE` on SQLite, READ COMMITTED on PostgreSQL.
    /// It keeps within [`TimeLimits::ORDINARY`].
    ///
    /// # Errors
    /// Returns a [`DbErr`] if no connection is available.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        self.begin_within(TimeLimits::ORDINARY).await
    }

    /// Begins a transaction that may write, within other limits: [`TimeLimits::LONG`] for bulk work.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if no connection is available.
    pub async fn begin_within(&self, limits: TimeLimits) -> Result<Transaction, DbErr> {
        self.begin_with(&self.0.write, Isolation::ReadCommitted, limits)
            .await
    }

    /// Begins a transaction that behaves as if it ran alone: SERIALIZABLE on PostgreSQL, which may end it
    /// with [`ErrorKind::Conflict`], `BEGIN IMMEDIATE` on SQLite. It keeps
    /// within [`TimeLimits::REGISTRATION`].
    ///
    /// # Errors
    /// Returns a [`DbErr`] if no connection is available.
    pub async fn begin_serializable(&self) -> Result<Transaction, DbErr> {
        let pool = &self.0.serializable;
        self.begin_with(pool, Isolation::Serializable, TimeLimits::REGISTRATION)
            .await
    }

    /// Begins a transaction that only reads and sees the database as of its first statement: REPEATABLE
    /// READ on PostgreSQL, a WAL snapshot on SQLite. It is for exports, which read page after page or
    /// `FETCH` from a cursor.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if no connection is available.
    pub async fn begin_snapshot(&self, limits: TimeLimits) -> Result<Transaction, DbErr> {
        self.begin_with(&self.0.read, Isolation::Snapshot, limits)
            .await
    }

    async fn begin_with(
        &self,
        pool: &Pool,
        isolation: Isolation,
        limits: TimeLimits,
    ) -> Result<Transaction, DbErr> {
        let pool = match &pool.0 {
            PoolBackend::Sqlite(pool) => {
                let writes = isolation != Isolation::Snapshot;
                let options = TransactionOptions {
                    sqlite_transaction_mode: writes.then_some(SqliteTransactionMode::Immediate),
                    ..TransactionOptions::default()
                };
                let transaction = pool.begin_with_options(options).await?;
                return Ok(Transaction::sqlite(transaction));
            }
            PoolBackend::Postgres(pool) => pool,
        };
        let begun = Instant::now();
        loop {
            match Transaction::postgres(pool, isolation.begin(limits), limits).await {
                // After a restart of the server the pool is full of connections that the server closed.
                // Nothing has happened yet, and the next connection may work.
                Err(error @ DbErr::Query(_))
                    if begun.elapsed() < SKIP_BROKEN
                        && kind_of(&error) == ErrorKind::Unavailable => {}
                result => return result,
            }
        }
    }

    /// Opens a connection for migrations, within [`TimeLimits::MIGRATION`]. The caller closes it.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if the database cannot be reached.
    pub async fn for_migrations(&self) -> Result<DatabaseConnection, DbErr> {
        match (&self.0.write.0, &self.0.postgres) {
            (PoolBackend::Postgres(_), Some(options)) => {
                let pool = postgres::pool_options(1, ACQUIRE_TIMEOUT, TimeLimits::MIGRATION)
                    .connect_with(options.clone())
                    .await
                    .map_err(postgres::connection_error)?;
                Ok(pool.into())
            }
            (PoolBackend::Sqlite(pool), _) => Ok(pool.clone()),
            (PoolBackend::Postgres(_), None) => {
                Err(DbErr::Custom("no address to connect to".into()))
            }
        }
    }

    /// Checks that the database responds.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.0.read.execute_unprepared("SELECT 1").await.map(|_| ())
    }

    /// Closes all connections after their current statements.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if a connection does not close cleanly.
    pub async fn close(&self) -> Result<(), DbErr> {
        for pool in [&self.0.read, &self.0.serializable, &self.0.write] {
            match &pool.0 {
                PoolBackend::Sqlite(pool) => pool.clone().close().await?,
                PoolBackend::Postgres(pool) => pool.close().await,
            }
        }
        Ok(())
    }
}

/// Opens a pool of SeaORM's and records the duration of each statement.
async fn open_timed(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let mut pool = sea_orm::Database::connect(options).await?;
    pool.set_metric_callback(|info| {
        metrics::histogram!(names::DB_SECONDS).record(info.elapsed);
    });
    Ok(pool)
}

/// Returns the driver's options for an SQLite file.
fn sqlite_options(url: &SqliteUrl, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.as_str());
    options
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(SQLITE_IDLE_TIMEOUT)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                // A commit that was confirmed survives a power failure.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
                .pragma("temp_store", "memory")
                .pragma("mmap_size", "268435456")
        });
    options
}
