//! The program's other commands as processes: a worker to be killed, a command to its end.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use super::{Place, log_check, process::SECRET};

/// `mini-compete …` at a place.
pub struct Program {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    said: String,
}

impl Program {
    /// A worker; `failpoint` is where it stops and waits to be killed.
    pub fn worker(place: &Place, failpoint: Option<&str>) -> Self {
        let failpoint = failpoint.map(|name| ("MC_FAILPOINT", name));
        Self::worker_with(place, failpoint.as_slice())
    }

    /// A worker with more variables.
    pub fn worker_with(place: &Place, more: &[(&str, &str)]) -> Self {
        Self::start(place, &["worker", "--no-migrate", "--no-scheduler"], more)
    }

    /// Any of its commands.
    pub fn start(place: &Place, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        let mut command = command(place, arguments);
        command.envs(more.iter().copied());
        let mut child = command.spawn().expect("the built program");
        let log = BufReader::new(child.stderr.take().expect("its log")).lines();
        let said = String::new();
        Self { child, log, said }
    }

    /// Waits until its log says so; gives all it said until then.
    pub async fn says(&mut self, what: &str) -> &str {
        let waiting = async {
            while let Some(line) = self.log.next_line().await.expect("its log") {
                log_check::check(&line);
                self.said += &line;
                self.said.push('\n');
                if line.contains(what) {
                    return;
                }
            }
            panic!("the process ended before it said {what:?}");
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), waiting)
            .await
            .unwrap_or_else(|_| panic!("never said: {what}"));
        &self.said
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
        log_check::check(&rest);
        self.child.wait().await.expect("its end").success()
    }

    /// Runs a command to its end: whether it succeeded, its answer, its log.
    pub async fn run(place: &Place, arguments: &[&str]) -> (bool, String, String) {
        Self::run_with(place, arguments, "").await
    }

    /// The same, with something to read from standard input.
    pub async fn run_with(
        place: &Place,
        arguments: &[&str],
        input: &str,
    ) -> (bool, String, String) {
        let mut command = command(place, arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it runs");
        let mut standard_input = child.stdin.take().expect("its input");
        // A command that reads nothing may be gone before.
        let _unread = standard_input.write_all(input.as_bytes()).await;
        drop(standard_input);
        let output = child.wait_with_output().await.expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (answer, log) = (text(output.stdout), text(output.stderr));
        log_check::check(&answer);
        log_check::check(&log);
        (output.status.success(), answer, log)
    }
}

fn command(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mini-compete"));
    command
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", &place.database_url)
        .env("REDIS_PREFIX", &place.redis_prefix)
        .env("JWT_SECRET", SECRET)
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
