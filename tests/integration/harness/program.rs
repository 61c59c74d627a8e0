//! The commands of the program other than `serve` as processes: workers that a test can kill, and commands that
//! run to their end.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use super::{Storage, log_check, process::SECRET};

/// A process that runs a command of `mini-compete`, with its log on standard error.
pub struct Program {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    read_log: String,
}

impl Program {
    /// Starts a worker. At the failpoint, if there is one, it stops and waits to be killed.
    pub fn worker(storage: &Storage, failpoint: Option<&str>) -> Self {
        let failpoint = failpoint.map(|name| ("MC_FAILPOINT", name));
        Self::worker_with(storage, failpoint.as_slice())
    }

    /// Starts a worker with further environment variables.
    pub fn worker_with(storage: &Storage, variables: &[(&str, &str)]) -> Self {
        let arguments = ["worker", "--no-migrate", "--no-scheduler"];
        Self::start(storage, &arguments, variables)
    }

    /// Starts a command with further environment variables.
    pub fn start(storage: &Storage, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = command(storage, arguments);
        command.envs(variables.iter().copied());
        let mut child = command.spawn().expect("the built program");
        let log = BufReader::new(child.stderr.take().expect("standard error")).lines();
        Self {
            child,
            log,
            read_log: String::new(),
        }
    }

    /// Waits until a line of the log contains a text, and returns the log up to this line.
    pub async fn wait_for_log(&mut self, text: &str) -> &str {
        let waiting = async {
            while let Some(line) = self.log.next_line().await.expect("the log") {
                log_check::check(&line);
                self.read_log += &line;
                self.read_log.push('\n');
                if line.contains(text) {
                    return;
                }
            }
            panic!("the process ended without logging {text:?}");
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), waiting)
            .await
            .unwrap_or_else(|_| panic!("not logged: {text}"));
        &self.read_log
    }

    /// Kills the process with SIGKILL.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a running process");
    }

    /// Sends SIGTERM, waits for the end of the process, and returns whether it was successful.
    pub async fn terminate(mut self) -> bool {
        let id = self.child.id().expect("a running process").to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(sent.expect("kill").success());
        let mut rest = String::new();
        let read = self.log.into_inner().read_to_string(&mut rest).await;
        read.expect("the log");
        log_check::check(&rest);
        self.child.wait().await.expect("the exit status").success()
    }

    /// Runs a command to its end. Returns whether it was successful, its standard output and its log.
    pub async fn run(storage: &Storage, arguments: &[&str]) -> (bool, String, String) {
        Self::run_with(storage, arguments, "").await
    }

    /// Runs a command to its end with a text on standard input. Returns whether it was successful, its standard
    /// output and its log.
    pub async fn run_with(
        storage: &Storage,
        arguments: &[&str],
        input: &str,
    ) -> (bool, String, String) {
        let mut command = command(storage, arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .expect("the built program");
        let mut standard_input = child.stdin.take().expect("standard input");
        // A command that does not read its input may already have ended.
        let _unread = standard_input.write_all(input.as_bytes()).await;
        drop(standard_input);
        let output = child.wait_with_output().await.expect("the output");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (stdout, log) = (text(output.stdout), text(output.stderr));
        log_check::check(&stdout);
        log_check::check(&log);
        (output.status.success(), stdout, log)
    }
}

fn command(storage: &Storage, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mini-compete"));
    command
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", &storage.database_url)
        .env("REDIS_PREFIX", &storage.redis_prefix)
        .env("JWT_SECRET", SECRET)
        .env("METRICS_BIND", "off")
        .env("USER", "tester")
        .env("PGAPPNAME", "process")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(url) = &storage.redis_url {
        command.env("REDIS_URL", url);
    }
    command
}
