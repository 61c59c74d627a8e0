//! What the throw-away servers have in common: a directory, a port, and that they end with this
//! program.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::process::{self, Child};

/// The temporary directory of a service, which is removed when the value is dropped. If this
/// program was killed, the directory remains, and a cluster is large. So each new `ServiceDir`
/// removes the directories whose lock is no longer held.
pub(super) struct ServiceDir {
    dir: TempDir,
    _lock: File,
}

impl ServiceDir {
    const PREFIX: &str = "mini-compete-";
    const LOCK: &str = "xtask.lock";

    pub(super) fn create(service: &str) -> Result<Self> {
        Self::remove_abandoned(&std::env::temp_dir());
        let dir = tempfile::Builder::new()
            .prefix(&format!("{}{service}-", Self::PREFIX))
            .tempdir()?;
        let lock = File::create(dir.path().join(Self::LOCK))?;
        lock.lock()?;
        Ok(Self { dir, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    fn remove_abandoned(temp: &Path) {
        for entry in std::fs::read_dir(temp).into_iter().flatten().flatten() {
            let has_prefix = entry
                .file_name()
                .to_string_lossy()
                .starts_with(Self::PREFIX);
            let lock = entry.path().join(Self::LOCK);
            // A directory that is being created may not be locked yet.
            let aged = lock
                .metadata()
                .and_then(|lock| lock.modified())
                .is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() > 60));
            if has_prefix && aged && File::open(&lock).is_ok_and(|lock| lock.try_lock().is_ok()) {
                std::fs::remove_dir_all(entry.path()).ok();
            }
        }
    }
}

/// Returns a free port outside the range from which the kernel takes ports for outgoing connections
/// (from 32768 on Linux, from 49152 elsewhere). So the port is still free when a stopped server
/// restarts, even during a load test.
pub(super) fn free_port() -> Result<u16> {
    free_ports().map(|[port]| port)
}

/// Returns several free ports, all different, as [`free_port`] does.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    const FIRST: u16 = 15_000;
    const COUNT: u32 = 15_000;
    // Several of these programs that start at once should not try the same ports.
    let begin = std::process::id().wrapping_mul(7919) % COUNT;
    // All listeners stay open until every port is found.
    let listeners: Vec<TcpListener> = (0..COUNT)
        .filter_map(|offset| u16::try_from((begin + offset) % COUNT).ok())
        .filter_map(|offset| TcpListener::bind(("127.0.0.1", FIRST + offset)).ok())
        .take(N)
        .collect();
    let ports: Vec<u16> = listeners
        .iter()
        .filter_map(|listener| Some(listener.local_addr().ok()?.port()))
        .collect();
    ports.try_into().ok().context("no free port on 127.0.0.1")
}

/// Returns a command for a server that ends with this program, even if this program is killed and
/// no guard runs: then the kernel sends `signal` (a name without SIG) to the server. The kernel
/// does so when the *thread* ends that has started the server, so services are started on the main
/// thread. This needs `setpriv`, which every Linux has. Without it, only the guards stop the
/// server.
pub(super) fn with_parent_death_signal(program: &Path, signal: &str) -> Command {
    match process::find_program("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", signal, "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Waits until `ready` returns true.
///
/// # Errors
/// Returns an error with the end of the log if the server ends, or is not ready after 30 seconds.
pub(super) fn wait_until_ready(
    name: &str,
    server: &mut Child,
    log: &Path,
    mut ready: impl FnMut() -> bool,
) -> Result<()> {
    let start = std::time::Instant::now();
    while !ready() {
        let ended = server.poll()?.is_some();
        if ended || start.elapsed() > Duration::from_secs(30) {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(10).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            bail!("{name} does not start: {}", tail.join(" | "));
        }
        process::pause(Duration::from_millis(20))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::TcpListener;

    use super::{ServiceDir, free_port};

    #[test]
    fn a_port_in_use_is_not_free() -> anyhow::Result<()> {
        let first = free_port()?;
        let _taken = TcpListener::bind(("127.0.0.1", first))?;
        assert_ne!(free_port()?, first);
        Ok(())
    }

    #[test]
    fn only_directories_without_a_held_lock_are_removed() -> anyhow::Result<()> {
        let temp = tempfile::tempdir()?;
        let an_hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
        let lock_of = |name: &str| -> anyhow::Result<File> {
            std::fs::create_dir(temp.path().join(name))?;
            let lock = File::create(temp.path().join(name).join(ServiceDir::LOCK))?;
            lock.set_modified(an_hour_ago)?;
            Ok(lock)
        };
        let held = lock_of("mini-compete-pg-held")?;
        held.lock()?;
        drop(lock_of("mini-compete-pg-dead")?);
        drop(lock_of("another-program")?);
        ServiceDir::remove_abandoned(temp.path());
        assert!(temp.path().join("mini-compete-pg-held").exists());
        assert!(!temp.path().join("mini-compete-pg-dead").exists());
        assert!(temp.path().join("another-program").exists());
        Ok(())
    }
}
