//! The server under load: the release build, with the settings of production, on a database of its
//! own.

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

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Place {
    pub program: PathBuf,
    pub database_url: String,
    /// Address and prefix; without it the server is embedded.
    pub redis: Option<(String, String)>,
    /// Where its log and its ids go.
    pub dir: PathBuf,
    /// Further settings, as environment variables.
    pub settings: Vec<(&'static str, &'static str)>,
}

/// What was made by `mini-compete seed`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seeded {
    pub organizer_id: String,
    pub users: Vec<String>,
    pub competitions: Vec<String>,
}

/// How much to seed.
#[derive(Debug, Clone, Copy)]
pub struct Amounts {
    pub users: usize,
    pub competitions: usize,
    pub capacity: usize,
    /// Seats that are taken before it begins.
    pub registrations: usize,
}

impl Place {
    /// Any of the program's commands here.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            // What happens to be set for development must not change what is measured.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("DATABASE_URL", &self.database_url)
            .env("JWT_SECRET", token::SECRET)
            .env("RATE_LIMIT", "off")
            .envs(self.settings.iter().copied())
            .current_dir(&self.dir);
        if let Some((url, prefix)) = &self.redis {
            command.env("REDIS_URL", url).env("REDIS_PREFIX", prefix);
        }
        command
    }

    /// Brings the schema up to date.
    pub fn migrate(&self) -> Result<()> {
        process::output(self.command().arg("migrate")).map(drop)
    }

    /// Migrates and fills the database.
    pub fn seed(&self, amounts: Amounts) -> Result<Seeded> {
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
        serde_json::from_slice(&std::fs::read(ids)?).context("the ids of `mini-compete seed`")
    }
}

/// A running server. Dropped, it is stopped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    metrics: SocketAddr,
}

impl Server {
    /// Starts one and waits until it answers. `arguments` begin with `serve` or `worker`.
    pub fn start(place: &Place, arguments: &[&str]) -> Result<Self> {
        let [address, metrics]: [SocketAddr; 2] =
            free_ports()?.map(|port| (Ipv4Addr::LOCALHOST, port).into());
        let log = place.dir.join("server.log");
        let out = File::options().create(true).append(true).open(&log)?;
        let mut command = place.command();
        command
            .args(arguments)
            .env("BIND", address.to_string())
            .env("METRICS_BIND", metrics.to_string())
            .stdout(out.try_clone()?)
            .stderr(out);
        let mut server = Self {
            child: Child::spawn(&mut command)?,
            address,
            metrics,
        };
        let web = arguments.first() == Some(&"serve");
        for _ in 0..600 {
            let ready = match web {
                true => http::get(address, "/readyz", None, "*/*"),
                false => server.figures(),
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

    /// What it says about itself: Prometheus' text.
    pub fn figures(&self) -> Result<String> {
        http::get(self.metrics, "/metrics", None, "*/*")
    }

    pub fn pid(&self) -> i32 {
        self.child.pid().as_raw()
    }

    /// Stops it in order.
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
