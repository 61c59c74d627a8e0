//! A fresh place to keep things: a SQLite file, or a database and a Redis prefix of its own.

use std::env;

use sea_orm::sqlx::{self, Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use super::log_check::LogGuard;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// SQLite with ports in memory.
    Sqlite,
    /// PostgreSQL with ports on Redis.
    Postgres,
}

/// A place of a test's own; gone with it (PostgreSQL's databases go with the throwaway cluster).
#[derive(Debug)]
pub struct Place {
    pub backend: Backend,
    pub database_url: String,
    pub redis_url: Option<String>,
    pub redis_prefix: String,
    _folder: TempDir,
    _log: LogGuard,
}

impl Place {
    pub async fn fresh(backend: Backend) -> Self {
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
            _folder: folder,
            _log: LogGuard::new(),
        }
    }
}

impl Place {
    /// A fresh database on a given PostgreSQL, beside a given Redis.
    pub async fn on(postgres: &str, redis: &str) -> Self {
        let name = format!("t{}", Uuid::now_v7().simple());
        create_database(postgres, &name).await;
        Self {
            backend: Backend::Postgres,
            database_url: with_database(postgres, &name),
            redis_url: Some(redis.to_owned()),
            redis_prefix: name,
            _folder: tempfile::tempdir().expect("a temporary folder"),
            _log: LogGuard::new(),
        }
    }

    /// The same place, for one more process.
    pub fn share(&self) -> Self {
        Self {
            backend: self.backend,
            database_url: self.database_url.clone(),
            redis_url: self.redis_url.clone(),
            redis_prefix: self.redis_prefix.clone(),
            _folder: tempfile::tempdir().expect("a temporary folder"),
            _log: LogGuard::new(),
        }
    }

    /// Stands in for a place that was given away.
    pub fn nowhere(backend: Backend) -> Self {
        Self {
            backend,
            database_url: String::new(),
            redis_url: None,
            redis_prefix: String::new(),
            _folder: tempfile::tempdir().expect("a temporary folder"),
            _log: LogGuard::new(),
        }
    }
}

/// What `cargo xtask test` says about a service.
pub fn service(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run `cargo xtask test`, which starts what tests need")
    })
}

async fn create_database(server: &str, name: &str) {
    let mut connection = PgConnection::connect(server).await.expect("PostgreSQL");
    // A name of ours (letters and digits), which no placeholder can stand for.
    let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    sqlx::raw_sql(sql)
        .execute(&mut connection)
        .await
        .expect("CREATE DATABASE");
}

/// The same server, another database.
fn with_database(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).expect("TEST_POSTGRES_URL");
    url.set_path(name);
    url.into()
}
