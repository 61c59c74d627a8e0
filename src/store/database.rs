//! The database: PostgreSQL, or one SQLite file.
//!
//! Everything that talks to PostgreSQL has a time limit, kept by the server and, where the server
//! does not answer, by the client ([`TimeLimits`]).

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

use self::{postgres::Server, transaction::Kind as PoolKind};
pub use self::{
    time_limits::TimeLimits,
    transaction::{Pool, Transaction},
};
use super::{ErrorKind, InfrastructureError, infrastructure_error::kind_of};
use crate::ops::{
    metrics::names,
    settings::{DatabaseUrl, SqliteUrl},
};

/// How long a caller waits for a connection before it is told to come back.
const ACQUIRE: Duration = Duration::from_secs(3);
/// The same for serializable transactions: one at a time is the rule, so where none of several
/// connections is free, each waits for somebody else's lock. Not less, as a connection may have to
/// be made.
const ACQUIRE_SERIALIZABLE: Duration = Duration::from_secs(1);
/// Connections for serializable transactions, where there are enough: a fifth, up to so many.
const SERIALIZABLE_CONNECTIONS: u32 = 4;
/// For how long dead connections are passed over when a transaction begins.
const HUNG_UP: Duration = Duration::from_secs(5);
/// How long SQLite waits for another process's write (a `user create` beside the server).
const BUSY: Duration = Duration::from_secs(5);
/// Readers of a SQLite file at the same time.
const SQLITE_READERS: u32 = 8;

/// What a transaction sees of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Isolation {
    ReadCommitted,
    Serializable,
    Snapshot,
}

impl Isolation {
    /// What PostgreSQL is told at the beginning of each transaction, in one message with `BEGIN`.
    ///
    /// Statements in transactions that write find rows by their keys, and a connection keeps their
    /// plans. One that was made while a table was nearly empty reads all of it, and still does when
    /// registration has filled it: so no such plan is made.
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

/// Handles to the database. Cheap to clone.
///
/// SQLite has one writer at a time whatever one does, so its writes go through a pool of one: they
/// queue in order here rather than run into `SQLITE_BUSY` there. On PostgreSQL both are one pool, and
/// serializable transactions have a few connections of their own: whoever moves seats neither stands
/// behind those who look at pages, nor waits long when nothing moves any more.
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
    /// Connects, with up to `connections` to PostgreSQL.
    ///
    /// # Errors
    /// When it can't be reached or opened.
    pub async fn connect(url: &DatabaseUrl, connections: u32) -> Result<Self, InfrastructureError> {
        match url {
            DatabaseUrl::Sqlite(url) => {
                let write = Pool(PoolKind::Sqlite(open(sqlite(url, 1)).await?));
                let read = open(sqlite(url, SQLITE_READERS)).await?;
                tracing::debug!(file = %url.file().display(), "Opened the SQLite file");
                Ok(Self(Arc::new(Pools {
                    read: Pool(PoolKind::Sqlite(read)),
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
                let server = Arc::new(Server::new());
                let pool = postgres::Pool::open(&options, most, ACQUIRE, &server).await?;
                let serializable =
                    postgres::Pool::open(&options, few, ACQUIRE_SERIALIZABLE, &server).await?;
                let pool = Pool(PoolKind::Postgres(pool));
                Ok(Self(Arc::new(Pools {
                    read: pool.clone(),
                    write: pool,
                    serializable: Pool(PoolKind::Postgres(serializable)),
                    serializable_connections: few,
                    postgres: Some(options),
                })))
            }
        }
    }

    /// For single statements that only read, within [`TimeLimits::ORDINARY`].
    #[must_use]
    pub fn read(&self) -> &Pool {
        &self.0.read
    }

    /// For single statements that write, within [`TimeLimits::ORDINARY`].
    #[must_use]
    pub fn write(&self) -> &Pool {
        &self.0.write
    }

    /// Which of the two it is.
    #[must_use]
    pub fn backend(&self) -> DatabaseBackend {
        self.0.write.get_database_backend()
    }

    /// Returns how many serializable transactions can be open at the same time.
    #[must_use]
    pub fn serializable_connections(&self) -> u32 {
        self.0.serializable_connections
    }

    /// A transaction that may write. SQLite: `BEGIN IMMEDIATE`; PostgreSQL: READ COMMITTED, within
    /// [`TimeLimits::ORDINARY`].
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        self.begin_within(TimeLimits::ORDINARY).await
    }

    /// The same within other limits: [`TimeLimits::LONG`] for bulk work.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin_within(&self, limits: TimeLimits) -> Result<Transaction, DbErr> {
        self.begin_with(&self.0.write, Isolation::ReadCommitted, limits)
            .await
    }

    /// A transaction that behaves as if it ran alone: SERIALIZABLE on PostgreSQL (which may end it
    /// with [`ErrorKind::Conflict`](super::ErrorKind::Conflict)), `BEGIN IMMEDIATE` on SQLite. Within
    /// [`TimeLimits::REGISTRATION`].
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin_serializable(&self) -> Result<Transaction, DbErr> {
        let pool = &self.0.serializable;
        self.begin_with(pool, Isolation::Serializable, TimeLimits::REGISTRATION)
            .await
    }

    /// A transaction that only reads, and sees the database as it was at its first statement,
    /// whatever others write meanwhile: REPEATABLE READ on PostgreSQL, a WAL snapshot on SQLite.
    /// For exports that read page after page, or `FETCH` from a cursor.
    ///
    /// # Errors
    /// When no connection is to be had.
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
            PoolKind::Sqlite(pool) => {
                let writes = isolation != Isolation::Snapshot;
                let options = TransactionOptions {
                    sqlite_transaction_mode: writes.then_some(SqliteTransactionMode::Immediate),
                    ..TransactionOptions::default()
                };
                let transaction = pool.begin_with_options(options).await?;
                return Ok(Transaction::sqlite(transaction));
            }
            PoolKind::Postgres(pool) => pool,
        };
        let begun = Instant::now();
        loop {
            match Transaction::postgres(pool, isolation.begin(limits), limits).await {
                // After a restart of the server the pool is full of connections that it hung up
                // on. Nothing has happened yet, and the next one may live.
                Err(error @ DbErr::Query(_))
                    if begun.elapsed() < HUNG_UP && kind_of(&error) == ErrorKind::Unavailable => {}
                result => return result,
            }
        }
    }

    /// A connection for changes of the schema, within [`TimeLimits::MIGRATION`]. Close it when they are
    /// done.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn for_migrations(&self) -> Result<DatabaseConnection, DbErr> {
        match (&self.0.write.0, &self.0.postgres) {
            (PoolKind::Postgres(_), Some(options)) => {
                let pool = postgres::pool_options(1, ACQUIRE, TimeLimits::MIGRATION)
                    .connect_with(options.clone())
                    .await
                    .map_err(postgres::connection_error)?;
                Ok(pool.into())
            }
            (PoolKind::Sqlite(pool), _) => Ok(pool.clone()),
            (PoolKind::Postgres(_), None) => Err(DbErr::Custom("no address to connect to".into())),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.0.read.execute_unprepared("SELECT 1").await.map(|_| ())
    }

    /// Ends all connections, after the statements in hand.
    ///
    /// # Errors
    /// When a connection does not end cleanly.
    pub async fn close(&self) -> Result<(), DbErr> {
        for pool in [&self.0.read, &self.0.serializable, &self.0.write] {
            match &pool.0 {
                PoolKind::Sqlite(pool) => pool.clone().close().await?,
                PoolKind::Postgres(pool) => pool.close().await,
            }
        }
        Ok(())
    }
}

/// Connects, and has each statement timed.
async fn open(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let mut pool = sea_orm::Database::connect(options).await?;
    pool.set_metric_callback(|info| {
        metrics::histogram!(names::DB_SECONDS).record(info.elapsed);
    });
    Ok(pool)
}

fn sqlite(url: &SqliteUrl, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.as_str());
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                // A commit is on the disk when it is answered, also if the power fails.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY)
                .foreign_keys(true)
                .pragma("temp_store", "memory")
                .pragma("mmap_size", "268435456")
        });
    options
}
