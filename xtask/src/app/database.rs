//! What the benchmark asks PostgreSQL itself, behind the server's back.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process;
use crate::services::Postgres;

/// Access to the databases of a throw-away PostgreSQL cluster, through its own programs.
#[derive(Clone, Copy)]
pub struct Databases<'a>(pub &'a Postgres);

impl Databases<'_> {
    /// A program of PostgreSQL's, told where the server is.
    pub fn program(self, name: &str, database: &str) -> Command {
        let mut command = Command::new(self.0.bin_dir().join(name));
        // `pgbench` takes no URL.
        command
            .args(["--host", "127.0.0.1", "--username", "postgres"])
            .args(["--port", &self.0.port().to_string()]);
        if name == "psql" {
            command.args(["--dbname", database]);
        }
        command
    }

    /// Runs statements, each by itself; returns what the last one found, fields divided by `|`.
    pub fn sql(self, database: &str, statements: &[&str]) -> Result<String> {
        let mut psql = self.program("psql", database);
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1"]);
        for statement in statements {
            psql.args(["-c", statement]);
        }
        let found = process::output(&mut psql)?;
        Ok(found.lines().last().unwrap_or_default().to_owned())
    }

    /// A number that a query finds.
    pub fn number(self, database: &str, query: &str) -> Result<f64> {
        let found = self.sql(database, &[query])?;
        found
            .parse()
            .with_context(|| format!("{query}: {found:?} is no number"))
    }

    /// Makes an empty database, and does what a checkpoint would do in the middle of the load.
    pub fn create(self, database: &str) -> Result<()> {
        let create = format!("CREATE DATABASE {database}");
        self.sql("postgres", &[&create]).map(drop)
    }

    /// Leaves nothing of the preparations to be done during the measurement.
    pub fn settle(self, database: &str) -> Result<()> {
        self.sql(database, &["VACUUM ANALYZE", "CHECKPOINT"])
            .map(drop)
    }

    pub fn discard(self, database: &str) -> Result<()> {
        let drop_it = format!("DROP DATABASE {database} WITH (FORCE)");
        self.sql("postgres", &[&drop_it]).map(drop)
    }

    /// Waits until no job is left; how long after `since` that was, or `None` if it takes longer
    /// than `patience`.
    pub fn drained(
        self,
        database: &str,
        since: Instant,
        patience: Duration,
    ) -> Result<Option<Duration>> {
        loop {
            let open = self.number(database, "SELECT count(*) FROM outbox_jobs")?;
            let elapsed = since.elapsed();
            if open == 0.0 {
                return Ok(Some(elapsed));
            }
            if elapsed > patience {
                return Ok(None);
            }
            process::pause(Duration::from_millis(100))?;
        }
    }
}
