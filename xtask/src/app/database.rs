//! Direct access to the throw-away PostgreSQL cluster, without the server in between: creates
//! databases, and reads what the server wrote.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process;
use crate::services::Postgres;

/// Access to the databases of a throw-away PostgreSQL cluster, through its own programs.
#[derive(Clone, Copy)]
pub struct Databases<'a>(pub &'a Postgres);

impl Databases<'_> {
    /// Returns a command for one of PostgreSQL's programs, with the options that connect it to the
    /// cluster.
    pub fn program(self, name: &str, database: &str) -> Command {
        let mut command = Command::new(self.0.bin_dir().join(name));
        // `pgbench` accepts no URL.
        command
            .args(["--host", "127.0.0.1", "--username", "postgres"])
            .args(["--port", &self.0.port().to_string()]);
        if name == "psql" {
            command.args(["--dbname", database]);
        }
        command
    }

    /// Runs statements, each in its own transaction, and returns the last line of the output.
    /// Fields are separated by `|`.
    pub fn sql(self, database: &str, statements: &[&str]) -> Result<String> {
        let mut psql = self.program("psql", database);
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1"]);
        for statement in statements {
            psql.args(["-c", statement]);
        }
        let output = process::output(&mut psql)?;
        Ok(output.lines().last().unwrap_or_default().to_owned())
    }

    /// Returns the number that a query selects.
    pub fn number(self, database: &str, query: &str) -> Result<f64> {
        let value = self.sql(database, &[query])?;
        value
            .parse()
            .with_context(|| format!("{query}: {value:?} is not a number"))
    }

    /// Creates an empty database.
    pub fn create(self, database: &str) -> Result<()> {
        let create = format!("CREATE DATABASE {database}");
        self.sql("postgres", &[&create]).map(drop)
    }

    /// Vacuums, analyzes and writes a checkpoint, so that PostgreSQL does none of it during the
    /// measurement.
    pub fn vacuum_and_checkpoint(self, database: &str) -> Result<()> {
        self.sql(database, &["VACUUM ANALYZE", "CHECKPOINT"])
            .map(drop)
    }

    /// Drops a database, and closes the connections to it.
    pub fn drop_database(self, database: &str) -> Result<()> {
        let statement = format!("DROP DATABASE {database} WITH (FORCE)");
        self.sql("postgres", &[&statement]).map(drop)
    }

    /// Waits until the outbox is empty. Returns the time from `since` until then, or `None` if it
    /// exceeds `timeout`.
    pub fn wait_until_outbox_is_empty(
        self,
        database: &str,
        since: Instant,
        timeout: Duration,
    ) -> Result<Option<Duration>> {
        loop {
            let jobs = self.number(database, "SELECT count(*) FROM outbox_jobs")?;
            let elapsed = since.elapsed();
            if jobs == 0.0 {
                return Ok(Some(elapsed));
            }
            if elapsed > timeout {
                return Ok(None);
            }
            process::pause(Duration::from_millis(100))?;
        }
    }
}
