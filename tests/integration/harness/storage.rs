//! The storage of a test: a SQLite file, or a PostgreSQL database and a Redis prefix of its own.

use std::env;

use sea_orm::sqlx::{self, Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use super::log_check::LogGuard;

/// The kind of storage that an application uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// SQLite with ports in memory.
    Sqlite,
    /// PostgreSQL with ports on Redis.
    Postgres,
}

/// The database and the Redis prefix that all processes of one test installation share.
///
/// The SQLite file is removed when the value is dropped. PostgreSQL databases are removed together with the
/// temporary cluster that `cargo xtask test` starts.
#[derive(Debug)]
pub struct Storage {
    pub backend: Backend,
    pub database_url: String,
    pub redis_url: Option<String>,
    pub redis_prefix: String,
    /// The address of the folder for pictures.
    pub storage_url: String,
    _folder: TempDir,
    _log: LogGuard,
}

impl Storage {
    /// Creates an empty storage.
    pub async fn create(backend: Backend) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let name = format!("t{}", Uuid::now_v7().simple());
        let (database_url, redis_url) = match backend {
            Backend::Sqlite => {
                let file = folder.path().join("test.db");
                (format!("sqlite://{}?mode=rwc", file.display()), None)
            }
            Backend::Postgres => {
                let server = service("TEST_POSTGRES_URL");
                create_database(&server, &name).await;
                (
                    with_database(&server, &name),
                    Some(service("TEST_REDIS_URL")),
                )
            }
        };
        Self {
            backend,
            database_url,
            redis_url,
            redis_prefix: name,
            storage_url: files_in(&folder),
            _folder: folder,
            _log: LogGuard::new(),
        }
    }

    /// Creates an empty database on the PostgreSQL server with this address, and uses the Redis server with
    /// that address.
    pub async fn on_servers(postgres: &str, redis: &str) -> Self {
        let name = format!("t{}", Uuid::now_v7().simple());
        create_database(postgres, &name).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            backend: Backend::Postgres,
            database_url: with_database(postgres, &name),
            redis_url: Some(redis.to_owned()),
            redis_prefix: name,
            storage_url: files_in(&folder),
            _folder: folder,
            _log: LogGuard::new(),
        }
    }

    /// Returns another handle to the same storage, for a further process. The storage exists as long as the
    /// first one.
    pub fn share(&self) -> Self {
        Self {
            backend: self.backend,
            database_url: self.database_url.clone(),
            redis_url: self.redis_url.clone(),
            redis_prefix: self.redis_prefix.clone(),
            storage_url: self.storage_url.clone(),
            _folder: tempfile::tempdir().expect("a temporary folder"),
            _log: LogGuard::new(),
        }
    }

    /// Returns a value that replaces a storage that is moved out of its owner.
    pub fn placeholder(backend: Backend) -> Self {
        Self {
            backend,
            database_url: String::new(),
            redis_url: None,
            redis_prefix: String::new(),
            storage_url: String::new(),
            _folder: tempfile::tempdir().expect("a temporary folder"),
            _log: LogGuard::new(),
        }
    }
}

/// Returns the address of a folder for pictures in a temporary folder.
fn files_in(folder: &TempDir) -> String {
    url::Url::from_file_path(folder.path().join("files"))
        .expect("an absolute path")
        .into()
}

/// Returns the value of a variable by which `cargo xtask test` names a service.
///
/// # Panics
///
/// Panics if the variable is not set.
pub fn service(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run `cargo xtask test`, which starts the services for tests")
    })
}

async fn create_database(server: &str, name: &str) {
    let mut connection = PgConnection::connect(server).await.expect("PostgreSQL");
    // A database name cannot be a bind parameter. This one consists of letters and digits.
    let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    sqlx::raw_sql(sql)
        .execute(&mut connection)
        .await
        .expect("CREATE DATABASE");
}

/// Returns the address of another database on the same server.
fn with_database(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).expect("TEST_POSTGRES_URL");
    url.set_path(name);
    url.into()
}
