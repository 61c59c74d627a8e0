//! A throw-away Redis. It never writes to disk, so it is empty after a restart.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;

use super::server::{ServiceDir, free_port, wait_until_ready, with_parent_death_signal};
use crate::packages;
use crate::process::Child;

pub struct Redis {
    program: PathBuf,
    dir: ServiceDir,
    port: u16,
    server: Option<Child>,
}

impl Redis {
    pub fn start() -> Result<Self> {
        let mut redis = Self {
            program: packages::located(&packages::REDIS)?,
            dir: ServiceDir::create("redis")?,
            port: free_port()?,
            server: None,
        };
        redis.restart()?;
        Ok(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> Option<i32> {
        self.server.as_ref().map(|server| server.pid().as_raw())
    }

    /// Returns the server program, for tests that start their own Redis.
    pub fn program(&self) -> &Path {
        &self.program
    }

    pub fn is_running(&mut self) -> bool {
        self.server
            .as_mut()
            .is_some_and(|server| server.poll().is_ok_and(|status| status.is_none()))
    }

    /// Starts the stopped server with the same address and without data.
    pub fn restart(&mut self) -> Result<()> {
        let log_path = self.dir.path().join("redis.log");
        let log = File::options().create(true).append(true).open(&log_path)?;
        let mut command = with_parent_death_signal(&self.program, "TERM");
        command
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .arg("--dir")
            .arg(self.dir.path())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut server = Child::spawn(&mut command)?;
        let port = self.port;
        wait_until_ready("Redis", &mut server, &log_path, || responds_to_ping(port))?;
        self.server = Some(server);
        Ok(())
    }

    /// Stops the server, which closes its connections.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.signal_leader(Signal::SIGTERM);
            server.ended_within(Duration::from_secs(5));
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

fn responds_to_ping(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let ping = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut response = [0; 5];
        stream.read_exact(&mut response)?;
        Ok(&response == b"+PONG")
    };
    ping().unwrap_or(false)
}
