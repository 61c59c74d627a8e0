//! The database: PostgreSQL, or one SQLite file.

use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction,
    DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use super::{Fault, Meaning, fault::meaning};
use crate::ops::metrics::names;

/// How long a caller waits for a connection before it is told to come back.
const ACQUIRE: Duration = Duration::from_secs(3);
/// The same for serializable transactions: one at a time is the rule, so where none of several
/// connections is free, each waits for somebody else's lock. Not less, as a connection may have to
/// be made.
const ACQUIRE_SERIALIZABLE: Duration = Duration::from_secs(1);
/// Connections for serializable transactions, where there are enough: a fifth, up to so many.
const SERIALIZABLE_CONNECTIONS: u32 = 4;
/// How many dead connections are passed over when a transaction begins.
const HUNG_UP: u32 = 64;
/// What PostgreSQL is told at the beginning of each transaction. Statements in transactions find
/// rows by their keys, and a connection keeps their plans. One that was made while a table was
/// nearly empty reads all of it, and still does when registration has filled it: so no such plan is
/// made.
const BY_KEY: &str = "SET LOCAL enable_seqscan = off";
const SERIALIZABLE_BY_KEY: &str =
    "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SET LOCAL enable_seqscan = off";
/// How long SQLite waits for another process's write (a `user create` beside the server).
const BUSY: Duration = Duration::from_secs(5);
/// Readers of a SQLite file at the same time.
const SQLITE_READERS: u32 = 8;

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
    read: DatabaseConnection,
    write: DatabaseConnection,
    serializable: DatabaseConnection,
}

impl Database {
    /// Connects, with up to `connections` to PostgreSQL.
    ///
    /// # Errors
    /// When it can't be reached or opened.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, Fault> {
        if let Some(file) = sqlite_file(url) {
            let write = open(sqlite(url, 1)).await?;
            let read = open(sqlite(url, SQLITE_READERS)).await?;
            tracing::debug!(file = %file.display(), "opened SQLite");
            Ok(Self(Arc::new(Pools {
                read,
                serializable: write.clone(),
                write,
            })))
        } else {
            let few = connections.div_ceil(5).min(SERIALIZABLE_CONNECTIONS);
            let most = connections.saturating_sub(few).max(1);
            let pool = open(postgres(url, most, ACQUIRE)).await?;
            let serializable = open(postgres(url, few, ACQUIRE_SERIALIZABLE)).await?;
            Ok(Self(Arc::new(Pools {
                read: pool.clone(),
                write: pool,
                serializable,
            })))
        }
    }

    /// For statements that only read.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.0.read
    }

    /// For single statements that write.
    #[must_use]
    pub fn write(&self) -> &DatabaseConnection {
        &self.0.write
    }

    /// Which of the two it is.
    #[must_use]
    pub fn backend(&self) -> DatabaseBackend {
        self.0.write.get_database_backend()
    }

    /// A transaction that may write. SQLite: `BEGIN IMMEDIATE`; PostgreSQL: READ COMMITTED.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.begin_with(&self.0.write, BY_KEY).await
    }

    /// A transaction that behaves as if it ran alone: SERIALIZABLE on PostgreSQL (which may end it
    /// with [`Meaning::Conflict`](super::Meaning::Conflict)), `BEGIN IMMEDIATE` on SQLite.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin_serializable(&self) -> Result<DatabaseTransaction, DbErr> {
        let pool = &self.0.serializable;
        self.begin_with(pool, SERIALIZABLE_BY_KEY).await
    }

    async fn begin_with(
        &self,
        pool: &DatabaseConnection,
        preamble: &str,
    ) -> Result<DatabaseTransaction, DbErr> {
        let sqlite = self.backend() == DatabaseBackend::Sqlite;
        let mut hung_up = 0;
        loop {
            let begun = async {
                let options = TransactionOptions {
                    sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
                    ..TransactionOptions::default()
                };
                let transaction = pool.begin_with_options(options).await?;
                if !sqlite {
                    transaction.execute_unprepared(preamble).await?;
                }
                Ok(transaction)
            };
            match begun.await {
                // After a restart of the server the pool is full of connections that it hung up
                // on. Nothing has happened yet, and the next one may live.
                Err(error @ (DbErr::Query(_) | DbErr::Exec(_)))
                    if hung_up < HUNG_UP && meaning(&error) == Meaning::Away =>
                {
                    hung_up += 1;
                }
                result => return result,
            }
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
        self.0.read.clone().close().await?;
        self.0.serializable.clone().close().await?;
        self.0.write.clone().close().await
    }
}

fn postgres(url: &str, connections: u32, patience: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(patience)
        .connect_timeout(ACQUIRE)
        .idle_timeout(Duration::from_secs(300))
        .sqlx_logging(false)
        // Checked only after a pause, not at every use: a dead connection shows as a fault that
        // callers retry.
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(Duration::from_secs(5));
    options
}

/// Connects, and has each statement timed.
async fn open(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let mut pool = sea_orm::Database::connect(options).await?;
    pool.set_metric_callback(|info| {
        metrics::histogram!(names::DB_SECONDS).record(info.elapsed);
    });
    Ok(pool)
}

/// The file of a `sqlite:` URL; `None` for any other.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    Some(PathBuf::from(rest.split('?').next().unwrap_or(rest)))
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
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

/// What kind of database a URL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One file, one process.
    Sqlite,
    /// A server, many processes.
    Postgres,
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        if url.starts_with("sqlite:") {
            Ok(Self::Sqlite)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Self::Postgres)
        } else {
            Err("must begin with sqlite: or postgres:".to_owned())
        }
    }
}
