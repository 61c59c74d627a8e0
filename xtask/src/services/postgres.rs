//! A throw-away PostgreSQL cluster.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, User, chown, geteuid};

use super::server::{ServiceDir, free_port, wait_until_ready, with_parent_death_signal};
use crate::packages;
use crate::process::{self, Child};

/// Whether committed data survive a crash of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// They survive, as in production. Benchmarks need this.
    Durable,
    /// Nothing is flushed to disk. Committed data survive a crash of the server process only
    /// (PostgreSQL, *Non-Durable Settings*).
    NonDurable,
}

pub struct Postgres {
    bin: PathBuf,
    account: Option<Account>,
    dir: ServiceDir,
    port: u16,
    durability: Durability,
    server: Option<Child>,
}

/// The account that runs PostgreSQL if this program runs as root, which PostgreSQL refuses.
#[derive(Debug, Clone, Copy)]
struct Account {
    uid: Uid,
    gid: Gid,
}

impl Account {
    fn instead_of_root() -> Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                let (uid, gid) = (user.uid, user.gid);
                return Ok(Some(Self { uid, gid }));
            }
        }
        anyhow::bail!("PostgreSQL does not run as root, and there is no account postgres or nobody")
    }
}

impl Postgres {
    pub fn start(durability: Durability) -> Result<Self> {
        let initdb = packages::located(&packages::POSTGRES)?;
        let initdb = initdb.canonicalize()?;
        let bin = initdb.parent().context("initdb has no directory")?;
        let account = Account::instead_of_root()?;
        let dir = ServiceDir::create("pg")?;
        if let Some(account) = account {
            chown(dir.path(), Some(account.uid), Some(account.gid))?;
        }
        let mut postgres = Self {
            bin: bin.to_path_buf(),
            account,
            port: free_port()?,
            dir,
            durability,
            server: None,
        };
        postgres.create_cluster()?;
        postgres.restart()?;
        Ok(postgres)
    }

    /// Returns the URL of a database, with the superuser's name.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Returns the port of 127.0.0.1 on which the server listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the id of the postmaster, the parent of all server processes.
    pub fn pid(&self) -> Option<i32> {
        self.server.as_ref().map(|server| server.pid().as_raw())
    }

    /// Returns the directory of `psql`, `pg_ctl` and the other programs.
    pub fn bin_dir(&self) -> &Path {
        &self.bin
    }

    pub fn is_running(&mut self) -> bool {
        self.server
            .as_mut()
            .is_some_and(|server| server.poll().is_ok_and(|status| status.is_none()))
    }

    /// Starts the stopped server with the same address and data.
    pub fn restart(&mut self) -> Result<()> {
        let log_path = self.dir.path().join("postgres.log");
        let log = File::options().create(true).append(true).open(&log_path)?;
        let mut command = with_parent_death_signal(&self.bin.join("postgres"), "INT");
        self.as_account(&mut command);
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.dir.path())
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(settings(self.durability))
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut server = Child::spawn(&mut command)?;
        let port = self.port.to_string();
        let pg_isready = self.bin.join("pg_isready");
        wait_until_ready("PostgreSQL", &mut server, &log_path, || {
            let mut check = Command::new(&pg_isready);
            check.args(["-q", "-h", "127.0.0.1", "-p", &port]);
            check.status().is_ok_and(|status| status.success())
        })?;
        self.server = Some(server);
        Ok(())
    }

    /// Stops the server in PostgreSQL's fast shutdown mode, which closes the connections.
    pub fn stop(&mut self) {
        self.end(Signal::SIGINT);
    }

    /// Stops the server like a crash (immediate shutdown). The next start recovers from the log.
    #[allow(dead_code, reason = "for the benchmark's failure runs")]
    pub fn crash(&mut self) {
        self.end(Signal::SIGQUIT);
    }

    fn end(&mut self, signal: Signal) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        // To the postmaster alone, which stops its own children.
        for signal in [signal, Signal::SIGQUIT] {
            server.signal_leader(signal);
            if server.ended_within(Duration::from_secs(10)) {
                return;
            }
        }
        // Dropping the guard kills the remaining processes.
        drop(server);
    }

    fn create_cluster(&self) -> Result<()> {
        let mut initdb = Command::new(self.bin.join("initdb"));
        self.as_account(&mut initdb);
        // As in production, upper and lower case are defined beyond ASCII.
        let locale = if cfg!(target_os = "linux") {
            "C.UTF-8"
        } else {
            "C"
        };
        initdb
            .arg("-D")
            .arg(self.data())
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
            .args([&format!("--locale={locale}"), "--no-sync"]);
        process::output(&mut initdb).map(drop)
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn as_account(&self, command: &mut Command) {
        command.current_dir(self.dir.path());
        if let Some(account) = self.account {
            command.uid(account.uid.as_raw()).gid(account.gid.as_raw());
            command.env("HOME", self.dir.path());
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

fn settings(durability: Durability) -> Vec<&'static str> {
    let mut settings = vec!["-c", "max_connections=300"];
    if durability == Durability::NonDurable {
        for setting in [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ] {
            settings.extend(["-c", setting]);
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::{Durability, settings};

    #[test]
    fn a_durable_cluster_keeps_fsync_on() {
        assert!(settings(Durability::NonDurable).contains(&"fsync=off"));
        assert!(
            !settings(Durability::Durable)
                .iter()
                .any(|setting| setting.contains("fsync"))
        );
    }
}
