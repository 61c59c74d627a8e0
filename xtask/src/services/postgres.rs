//! A PostgreSQL cluster to throw away.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, User, chown, geteuid};

use super::server::{ServiceDir, await_ready, ends_with_us, free_port};
use crate::packages;
use crate::process::{self, Child};

/// What a commit is worth when the machine, not only the server, goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As in production; what a benchmark must measure.
    Kept,
    /// Nothing is forced to disk. A crash of the server alone still loses nothing.
    Forgone,
}

pub struct Postgres {
    bin: PathBuf,
    account: Option<Account>,
    dir: ServiceDir,
    port: u16,
    durability: Durability,
    server: Option<Child>,
}

/// PostgreSQL refuses to run as root; root runs it as somebody else.
#[derive(Debug, Clone, Copy)]
struct Account {
    uid: Uid,
    gid: Gid,
}

impl Account {
    fn for_us() -> Result<Option<Self>> {
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
        let bin = initdb.parent().context("initdb without a directory")?;
        let account = Account::for_us()?;
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
        postgres.start_again()?;
        Ok(postgres)
    }

    /// The address of a database, for its superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process that has started all others.
    pub fn pid(&self) -> Option<i32> {
        self.server.as_ref().map(|server| server.pid().as_raw())
    }

    /// Where `psql`, `pg_ctl` and the others are.
    pub fn bin_dir(&self) -> &Path {
        &self.bin
    }

    pub fn is_running(&mut self) -> bool {
        self.server
            .as_mut()
            .is_some_and(|server| server.poll().is_ok_and(|status| status.is_none()))
    }

    /// Starts the server (again), under the same address and with the data that are there.
    pub fn start_again(&mut self) -> Result<()> {
        let log_path = self.dir.path().join("postgres.log");
        let log = File::options().create(true).append(true).open(&log_path)?;
        let mut command = ends_with_us(&self.bin.join("postgres"), "INT");
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
        await_ready("PostgreSQL", &mut server, &log_path, || {
            let mut ask = Command::new(&pg_isready);
            ask.args(["-q", "-h", "127.0.0.1", "-p", &port]);
            ask.status().is_ok_and(|status| status.success())
        })?;
        self.server = Some(server);
        Ok(())
    }

    /// Ends it in order: connections are cut, everything committed is on disk.
    pub fn stop(&mut self) {
        self.end(Signal::SIGINT);
    }

    /// Ends it like a crash: nothing is tidied, the next start recovers from the log.
    #[allow(dead_code, reason = "for the benchmark's failure runs")]
    pub fn crash(&mut self) {
        self.end(Signal::SIGQUIT);
    }

    fn end(&mut self, signal: Signal) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        // To the postmaster alone, which ends its own children, in order.
        for signal in [signal, Signal::SIGQUIT] {
            server.signal_leader(signal);
            if server.ended_within(Duration::from_secs(10)) {
                return;
            }
        }
        // The guard kills what is left.
        drop(server);
    }

    fn create_cluster(&self) -> Result<()> {
        let mut initdb = Command::new(self.bin.join("initdb"));
        self.as_account(&mut initdb);
        // Letters beyond ASCII fold their case too, as they do in production.
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
    if durability == Durability::Forgone {
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
        assert!(settings(Durability::Forgone).contains(&"fsync=off"));
        assert!(
            !settings(Durability::Kept)
                .iter()
                .any(|setting| setting.contains("fsync"))
        );
    }
}
