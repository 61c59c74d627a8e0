//! Makes sure that, without Redis, exactly one process serves a database.

use std::{
    fs::{File, TryLockError},
    path::Path,
    sync::Arc,
};

use sea_orm::{
    DatabaseConnection,
    sqlx::{self, Connection, PgConnection},
};
use tokio::sync::Mutex;

use super::{StartError, private_files};
use crate::{
    ops::settings::{DatabaseUrl, PostgresUrl},
    store::Database,
};

/// The advisory lock of a process that serves this database (shared with Redis, exclusive without).
const SERVING: i64 = 0x6d63_5345_5256_4500;
/// The advisory lock of a process that migrates this database.
const MIGRATING: i64 = 0x6d63_4d49_4752_4100;

/// Proof that this process may serve the database. The lock is released when this is dropped or the
/// process ends.
#[derive(Debug)]
pub struct Instance {
    _held: Held,
}

enum Held {
    File(#[allow(dead_code, reason = "held for its lock")] File),
    Connection(#[allow(dead_code, reason = "held for its lock")] Arc<Mutex<PgConnection>>),
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

impl Instance {
    /// Takes the lock: exclusive if `alone`, which means without Redis.
    ///
    /// # Errors
    /// Returns a [`StartError`] if another process serves the database with which this one cannot
    /// share it.
    pub async fn take(url: &DatabaseUrl, alone: bool) -> Result<Self, StartError> {
        let taken = match url {
            DatabaseUrl::Sqlite(url) => take_file(url.file(), alone)?.map(Held::File),
            DatabaseUrl::Postgres(url) => take_advisory(url, alone)
                .await?
                .map(|c| Held::Connection(Arc::new(Mutex::new(c)))),
        };
        taken.map(|held| Self { _held: held }).ok_or_else(|| {
            let why = if alone {
                "REDIS_URL: not set, but another process already serves this database; \
                 several processes need the same Redis"
            } else {
                "REDIS_URL: set, but a process without it already serves this database; \
                 all processes need the same Redis"
            };
            StartError(why.to_owned())
        })
    }
}

fn take_file(database: &Path, alone: bool) -> Result<Option<File>, StartError> {
    let path = database.with_extension("lock");
    let file = private_files::file()
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| StartError(format!("DATABASE_URL: {}: {error}", path.display())))?;
    let result = if alone {
        file.try_lock()
    } else {
        file.try_lock_shared()
    };
    match result {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(StartError(format!(
            "DATABASE_URL: {}: {error}",
            path.display()
        ))),
    }
}

async fn take_advisory(url: &PostgresUrl, alone: bool) -> Result<Option<PgConnection>, StartError> {
    let failed = |error: sqlx::Error| StartError(format!("DATABASE_URL: {error}"));
    let options = url.options().map_err(failed)?;
    let mut connection = PgConnection::connect_with(&options).await.map_err(failed)?;
    let sql = if alone {
        "SELECT pg_try_advisory_lock($1)"
    } else {
        "SELECT pg_try_advisory_lock_shared($1)"
    };
    let is_taken: bool = sqlx::query_scalar(sql)
        .bind(SERVING)
        .fetch_one(&mut connection)
        .await
        .map_err(failed)?;
    Ok(is_taken.then_some(connection))
}

/// Applies migrations, one process at a time.
///
/// # Errors
/// Returns a [`StartError`] that names `DATABASE_URL` if a migration fails.
pub async fn migrate(url: &DatabaseUrl, database: &Database) -> Result<(), StartError> {
    use migration::MigratorTrait;
    let failed = |error: &dyn std::fmt::Display| StartError(format!("DATABASE_URL: {error}"));
    let up = |connection: DatabaseConnection| async move {
        migration::Migrator::up(&connection, None).await
    };
    if let DatabaseUrl::Postgres(url) = url {
        let options = url.options().map_err(|e| failed(&e))?;
        // A connection of its own holds the lock, so that it is released if the process crashes.
        let mut guard = PgConnection::connect_with(&options)
            .await
            .map_err(|e| failed(&e))?;
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(MIGRATING)
            .execute(&mut guard)
            .await
            .map_err(|e| failed(&e))?;
        let connection = database.for_migrations().await.map_err(|e| failed(&e))?;
        up(connection.clone()).await.map_err(|e| failed(&e))?;
        connection.close().await.map_err(|e| failed(&e))?;
        return guard.close().await.map_err(|e| failed(&e));
    }
    let guard = url
        .sqlite_file()
        .map(|file| file.with_extension("migrating"));
    let lock = guard
        .map(|path| {
            let file = private_files::file()
                .create(true)
                .truncate(false)
                .open(path)?;
            file.lock()?;
            Ok::<_, std::io::Error>(file)
        })
        .transpose()
        .map_err(|e| failed(&e))?;
    let connection = database.for_migrations().await.map_err(|e| failed(&e))?;
    let result = up(connection).await.map_err(|e| failed(&e));
    drop(lock);
    result
}
