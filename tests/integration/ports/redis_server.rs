//! A Redis server of one test, which the test can kill, freeze and restart.

use std::{net::TcpListener, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A Redis server on a fixed port, without persistence.
pub(super) struct RedisServer {
    port: u16,
    process: Child,
}

impl RedisServer {
    /// Starts a server on a free port.
    pub(super) async fn start() -> Self {
        // The kernel does not assign a port again soon after it was released.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self {
            port,
            process: launch(port).await,
        }
    }

    /// Returns the address of the server.
    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills the server with SIGKILL.
    pub(super) async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Starts the server again on the same port, without data.
    pub(super) async fn restart(&mut self) {
        self.process = launch(self.port).await;
    }

    /// Stops the process with SIGSTOP. Its connections stay open.
    pub(super) async fn freeze(&self) {
        self.signal("-STOP").await;
    }

    /// Continues the process with SIGCONT.
    pub(super) async fn thaw(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let pid = self.process.id().unwrap().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().await;
        assert!(sent.unwrap().success());
    }
}

/// Starts a server that keeps nothing on disk, and returns when it accepts connections.
async fn launch(port: u16) -> Child {
    let program = std::env::var("TEST_REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
    let mut process = Command::new(&program)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
        .current_dir(std::env::temp_dir())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|e| panic!("cannot start `{program}` ({e}): run `cargo xtask test`"));
    let mut log = BufReader::new(process.stdout.take().unwrap()).lines();
    while let Some(line) = log.next_line().await.unwrap() {
        if line.contains("Ready to accept connections") {
            // The rest of the log must be read, or the pipe fills up.
            tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
            return process;
        }
    }
    panic!("`{program}` ended before it was ready");
}
