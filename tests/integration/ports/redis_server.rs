//! A Redis of the test's own, which it may kill.

use std::{net::TcpListener, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

pub(super) struct RedisServer {
    port: u16,
    process: Child,
}

impl RedisServer {
    pub(super) async fn start() -> Self {
        // Free a moment ago, and the kernel does not hand the same one out again so soon.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self {
            port,
            process: launch(port).await,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Starts it again, empty, at the same place.
    pub(super) async fn restart(&mut self) {
        self.process = launch(self.port).await;
    }

    /// Makes it hang: connected, and silent.
    pub(super) async fn freeze(&self) {
        self.signal("-STOP").await;
    }

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
    let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
    while let Some(line) = said.next_line().await.unwrap() {
        if line.contains("Ready to accept connections") {
            // It goes on talking; somebody has to listen, or the pipe fills up.
            tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
            return process;
        }
    }
    panic!("`{program}` ended before it was ready");
}
