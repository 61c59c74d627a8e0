//! A Redis to throw away: nothing is ever written to disk, so a restart comes up empty.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;

use super::server::{ServiceDir, await_ready, ends_with_us, free_port};
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
        redis.start_again()?;
        Ok(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> Option<i32> {
        self.server.as_ref().map(|server| server.pid().as_raw())
    }

    /// The server program, for a test that wants a Redis of its own.
    pub fn program(&self) -> &Path {
        &self.program
    }

    pub fn is_running(&mut self) -> bool {
        self.server
            .as_mut()
            .is_some_and(|server| server.poll().is_ok_and(|status| status.is_none()))
    }

    /// Starts the server (again), under the same address, empty.
    pub fn start_again(&mut self) -> Result<()> {
        let log_path = self.dir.path().join("redis.log");
        let log = File::options().create(true).append(true).open(&log_path)?;
        let mut command = ends_with_us(&self.program, "TERM");
        command
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .arg("--dir")
            .arg(self.dir.path())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut server = Child::spawn(&mut command)?;
        let port = self.port;
        await_ready("Redis", &mut server, &log_path, || answers(port))?;
        self.server = Some(server);
        Ok(())
    }

    /// Ends it; its connections are cut.
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

fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    };
    ask().unwrap_or(false)
}
