//! Processes to be killed: the built program, and a Redis of one's own.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use super::Place;

/// `mini-compete …` at a place.
pub struct Process {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Process {
    /// A worker; `failpoint` is where it stops and waits to be killed.
    pub fn worker(place: &Place, failpoint: Option<&str>) -> Self {
        let mut command = command(place, &["worker", "--no-migrate", "--no-scheduler"]);
        if let Some(failpoint) = failpoint {
            command.env("MC_FAILPOINT", failpoint);
        }
        let mut child = command.spawn().expect("the built program");
        let log = BufReader::new(child.stderr.take().expect("its log")).lines();
        Self { child, log }
    }

    /// Waits until its log says so.
    pub async fn says(&mut self, what: &str) {
        let waiting = async {
            while let Some(line) = self.log.next_line().await.expect("its log") {
                if line.contains(what) {
                    return;
                }
            }
            panic!("the process ended before it said {what:?}");
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), waiting)
            .await
            .unwrap_or_else(|_| panic!("never said: {what}"));
    }

    /// SIGKILL, and it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// SIGTERM; whether it ended as it should.
    pub async fn terminate(mut self) -> bool {
        let id = self.child.id().expect("running").to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(sent.expect("kill").success());
        let mut rest = String::new();
        let read = self.log.into_inner().read_to_string(&mut rest).await;
        read.expect("its log");
        self.child.wait().await.expect("its end").success()
    }

    /// Runs a command to its end: whether it succeeded, its answer, its log.
    pub async fn run(place: &Place, arguments: &[&str]) -> (bool, String, String) {
        let output = command(place, arguments).output().await.expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (
            output.status.success(),
            text(output.stdout),
            text(output.stderr),
        )
    }
}

fn command(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mini-compete"));
    command
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", &place.database_url)
        .env("REDIS_PREFIX", &place.redis_prefix)
        .env("JWT_SECRET", "a secret that only tests know, 32+")
        .env("METRICS_BIND", "off")
        .env("USER", "tester")
        .env("PGAPPNAME", "process")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(url) = &place.redis_url {
        command.env("REDIS_URL", url);
    }
    command
}

/// A Redis of a test's own, which keeps nothing when it dies.
pub struct Redis {
    port: u16,
    child: Child,
}

impl Redis {
    pub async fn start() -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let child = serve(port).await;
        Self { port, child }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// SIGKILL.
    pub async fn die(&mut self) {
        self.child.kill().await.expect("killed");
    }

    /// The same address, and nothing remembered.
    pub async fn come_back(&mut self) {
        self.child = serve(self.port).await;
    }
}

async fn serve(port: u16) -> Child {
    let child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("redis-server, as `cargo xtask test` wants it too");
    super::eventually("Redis answers", || async {
        tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_ok()
    })
    .await;
    child
}
