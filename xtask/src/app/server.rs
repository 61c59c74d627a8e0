//! The server under test: a built program with the settings of production, and a database that is
//! used for nothing else.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use serde::Deserialize;

use super::{http, token};
use crate::process::{self, Child};
use crate::services::free_ports;

/// An installation of the application: a program, its database, and its settings.
#[derive(Debug, Clone)]
pub struct Installation {
    pub program: PathBuf,
    pub database_url: String,
    /// The URL and the key prefix of Redis. Without Redis the ports are in memory.
    pub redis: Option<(String, String)>,
    /// The directory of the server's log and of other files that it writes.
    pub dir: PathBuf,
    /// More settings, as environment variables.
    pub settings: Vec<(&'static str, &'static str)>,
}

/// The ids of the rows that `mini-compete seed` has created.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seeded {
    pub organizer_id: String,
    pub users: Vec<String>,
    pub competitions: Vec<String>,
}

/// The numbers of rows that `mini-compete seed` creates.
#[derive(Debug, Clone, Copy)]
pub struct SeedAmounts {
    pub users: usize,
    pub competitions: usize,
    /// The number of seats in each competition.
    pub capacity: usize,
    /// The number of confirmed registrations in all competitions together.
    pub registrations: usize,
}

impl Installation {
    /// Returns a command that runs the program in this installation. The caller adds arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            // Variables that are set for development must not change what is measured.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("DATABASE_URL", &self.database_url)
            .env("JWT_SECRET", token::SECRET)
            // Processes on PostgreSQL have no place for uploads by default.
            .env(
                "STORAGE_URL",
                format!("file://{}/files", self.dir.display()),
            )
            .env("RATE_LIMIT", "off")
            .envs(self.settings.iter().copied())
            .current_dir(&self.dir);
        if let Some((url, prefix)) = &self.redis {
            command.env("REDIS_URL", url).env("REDIS_PREFIX", prefix);
        }
        command
    }

    /// Applies the migrations to the database.
    pub fn migrate(&self) -> Result<()> {
        process::output(self.command().arg("migrate")).map(drop)
    }

    /// Applies the migrations and fills the database.
    pub fn seed(&self, amounts: SeedAmounts) -> Result<Seeded> {
        let ids = self.dir.join("ids.json");
        let mut seed = self.command();
        seed.arg("seed").arg("--ids").arg(&ids);
        for (name, amount) in [
            ("--users", amounts.users),
            ("--competitions", amounts.competitions),
            ("--capacity", amounts.capacity),
            ("--registrations", amounts.registrations),
        ] {
            seed.arg(name).arg(amount.to_string());
        }
        process::output(&mut seed)?;
        serde_json::from_slice(&std::fs::read(ids)?)
            .context("cannot read the ids that `mini-compete seed` wrote")
    }
}

/// A running server process. Dropping it stops the process.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    metrics_address: SocketAddr,
}

impl Server {
    /// Starts a process and waits until it is ready. `arguments` begin with `serve` or `worker`.
    pub fn start(installation: &Installation, arguments: &[&str]) -> Result<Self> {
        let [address, metrics_address]: [SocketAddr; 2] =
            free_ports()?.map(|port| (Ipv4Addr::LOCALHOST, port).into());
        let log = installation.dir.join("server.log");
        let output = File::options().create(true).append(true).open(&log)?;
        let mut command = installation.command();
        command
            .args(arguments)
            .env("BIND", address.to_string())
            .env("METRICS_BIND", metrics_address.to_string())
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut server = Self {
            child: Child::spawn(&mut command)?,
            address,
            metrics_address,
        };
        let web = arguments.first() == Some(&"serve");
        for _ in 0..600 {
            let ready = match web {
                true => http::get(address, "/readyz", None, "*/*"),
                false => server.metrics(),
            };
            if ready.is_ok() {
                return Ok(server);
            }
            if server.child.poll()?.is_some() {
                break;
            }
            process::pause(Duration::from_millis(50))?;
        }
        bail!("the server does not start: {}", last_line(&log));
    }

    /// Reads the metrics, in the text format of Prometheus.
    pub fn metrics(&self) -> Result<String> {
        http::get(self.metrics_address, "/metrics", None, "*/*")
    }

    pub fn pid(&self) -> i32 {
        self.child.pid().as_raw()
    }

    /// Stops the process with SIGTERM and waits for its end.
    ///
    /// # Errors
    /// Returns an error if it still runs after 30 seconds.
    pub fn stop(mut self) -> Result<()> {
        self.child.signal_leader(Signal::SIGTERM);
        if !self.child.ended_within(Duration::from_secs(30)) {
            bail!("the server does not stop");
        }
        Ok(())
    }
}

fn last_line(log: &Path) -> String {
    let log = std::fs::read_to_string(log).unwrap_or_default();
    log.lines().last().unwrap_or_default().to_owned()
}
