//! The application, Redis and PostgreSQL as processes of one test, which the test can kill, freeze and restart.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use mini_compete::{
    domain::{Actor, tokens::Tokens},
    ops::Clock,
    store::Database,
};
use tempfile::TempDir;

use super::{
    Client, Storage, eventually,
    log_check::{self, LogGuard},
    storage::service,
};

/// How long a process may take to start or to end.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// The secret with which all processes of a test sign tokens.
pub const SECRET: &str = "a secret that only tests know, 32+";

/// A process that runs `mini-compete serve`. It is killed when the value is dropped. If the test has failed,
/// the end of its log is printed.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    settings: Vec<(String, String)>,
    arguments: Vec<String>,
    log: PathBuf,
    child: Option<Child>,
    _folder: TempDir,
    _log: LogGuard,
}

impl Server {
    /// Starts a server with further environment variables, and waits until it responds.
    pub async fn start(storage: &Storage, variables: &[(&str, &str)]) -> Self {
        Self::start_with(storage, &["serve"], variables).await
    }

    /// Starts a server with other arguments than `serve`, for example `["serve", "--no-worker"]`.
    pub async fn start_with(
        storage: &Storage,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut server = Self::prepare(storage, arguments, variables);
        server.start_again().await;
        server
    }

    fn prepare(storage: &Storage, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let bind = address.to_string();
        let mut settings = vec![
            ("DATABASE_URL", storage.database_url.as_str()),
            ("REDIS_PREFIX", &storage.redis_prefix),
            ("BIND", &bind),
            ("METRICS_BIND", "off"),
            ("RATE_LIMIT", "off"),
            ("JWT_SECRET", SECRET),
            ("RUST_LOG", "info"),
        ];
        if let Some(url) = &storage.redis_url {
            settings.push(("REDIS_URL", url));
        }
        settings.extend_from_slice(variables);
        Self {
            address,
            settings: settings
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            arguments: arguments.iter().map(|&a| a.to_owned()).collect(),
            log: folder.path().join("log"),
            child: None,
            _folder: folder,
            _log: LogGuard::new(),
        }
    }

    /// Starts a server without some of the environment variables that servers get by default.
    pub async fn start_without(
        storage: &Storage,
        unset: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut server = Self::prepare(storage, &["serve"], variables);
        server
            .settings
            .retain(|(name, _)| !unset.contains(&name.as_str()));
        server.start_again().await;
        server
    }

    /// Starts the server with the same settings as before, and waits until it responds.
    pub async fn start_again(&mut self) {
        assert!(self.child.is_none(), "the server is running");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mini-compete"));
        command.args(&self.arguments).env_clear();
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        self.child = Some(spawn(&mut command, &self.log));
        let client = self.client();
        eventually("the server responds", DEADLINE, || async {
            client.try_get("/healthz").await.ok().map(|_| ())
        })
        .await;
    }

    /// Sets the limit of open files of the process.
    pub fn limit_open_files(&self, limit: u64) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let child = self.child.as_ref().expect("a running process");
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        prlimit(pid, Resource::Nofile, limit).expect("permission to lower the limit");
    }

    /// Kills the process with SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a running process");
            child.wait().expect("the exit status");
        }
    }

    /// Stops the process with SIGSTOP. Its connections stay open.
    pub fn freeze(&self) {
        signal(self.child.as_ref().expect("a running process"), "STOP");
    }

    /// Continues the process with SIGCONT.
    pub fn thaw(&self) {
        signal(self.child.as_ref().expect("a running process"), "CONT");
    }

    /// Sends SIGTERM, waits for the end of the process, and returns its exit status.
    pub async fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a running process");
        signal(&child, "TERM");
        eventually("the server stops", DEADLINE, || {
            std::future::ready(child.try_wait().expect("a status"))
        })
        .await
    }

    /// Returns a new HTTP client for this server.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Returns the log that the process has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let log = self.log();
        log_check::check(&log);
        if std::thread::panicking() {
            let from = log.len().saturating_sub(4_000);
            eprintln!(
                "--- {} ---\n{}",
                self.address,
                log.get(from..).unwrap_or("")
            );
        }
    }
}

/// Returns a signer whose access tokens all processes of a test accept.
pub fn token_signer(database: &Database) -> Tokens {
    Tokens::new(database.clone(), Clock::system(), SECRET.as_bytes())
}

/// Returns an access token of an account.
pub fn access_token(signer: &Tokens, actor: Actor) -> String {
    signer.pair(actor, String::new()).expect("a token").access
}

/// A Redis server of one test. It loses its data when it stops.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    child: Option<Child>,
    folder: TempDir,
}

impl Redis {
    /// Starts a server, and waits until it accepts connections.
    pub async fn start() -> Self {
        let mut redis = Self {
            port: free_port(),
            child: None,
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        redis.start_again().await;
        redis
    }

    /// Returns the value for `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts the server on the same port, without data.
    pub async fn start_again(&mut self) {
        let mut command = Command::new(service("TEST_REDIS_SERVER"));
        command
            .args(["--port", &self.port.to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(self.folder.path());
        self.child = Some(spawn(&mut command, &self.folder.path().join("log")));
        eventually("Redis listens", DEADLINE, || async {
            let address = (Ipv4Addr::LOCALHOST, self.port);
            tokio::net::TcpStream::connect(address).await.ok()
        })
        .await;
    }

    /// Kills the server with SIGKILL.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a running process");
            child.wait().expect("the exit status");
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A PostgreSQL server of one test.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    child: Option<Child>,
    account: Option<(u32, u32)>,
    folder: TempDir,
}

impl Postgres {
    /// Creates a cluster, starts a server on it, and waits until it accepts connections.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // PostgreSQL refuses to run as root, so root starts it as another system account.
        let root = fs::metadata("/proc/self").expect("Linux").uid() == 0;
        let account = root.then(|| system_account("postgres").or_else(|| system_account("nobody")));
        let account = account.map(|found| found.expect("an account to run PostgreSQL as"));
        if let Some((user, group)) = account {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).expect("chown");
        }
        let mut postgres = Self {
            port: free_port(),
            child: None,
            account,
            folder,
        };
        let mut initdb = postgres.program("initdb");
        initdb
            .args(["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"])
            .args(["--locale=C", "-D"])
            .arg(postgres.data())
            .stdout(Stdio::null());
        assert!(initdb.status().expect("initdb").success(), "initdb");
        postgres.start_again().await;
        postgres
    }

    /// Returns the address of the database `postgres`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server on the same port and cluster, and waits until it accepts connections.
    pub async fn start_again(&mut self) {
        let mut command = self.program("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            // Only the server crashes in these tests, never the machine.
            .args(["-c", "fsync=off", "-c", "max_connections=100"]);
        self.child = Some(spawn(&mut command, &self.folder.path().join("log")));
        let url = self.url();
        eventually("PostgreSQL accepts connections", DEADLINE, || async {
            use sea_orm::sqlx::{Connection, PgConnection};
            PgConnection::connect(&url).await.ok()
        })
        .await;
    }

    /// Stops the server like a crash: connections are cut, and uncommitted changes are lost.
    pub async fn crash(&mut self) {
        if let Some(mut child) = self.child.take() {
            // SIGQUIT is an "immediate shutdown": the server ends its child processes without a checkpoint.
            signal(&child, "QUIT");
            eventually("PostgreSQL ends", DEADLINE, || {
                std::future::ready(child.try_wait().expect("a status"))
            })
            .await;
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let program = PathBuf::from(service("TEST_POSTGRES_BIN")).join(name);
        let mut command = Command::new(program);
        command.current_dir(self.folder.path());
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(&child, "QUIT");
            child.wait().expect("the exit status");
        }
    }
}

/// Returns the user id and group id of an account of the machine.
fn system_account(name: &str) -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// Starts a process that appends its output to a log file.
pub(super) fn spawn(command: &mut Command, log: &std::path::Path) -> Child {
    let file = File::options().create(true).append(true).open(log);
    let file = file.expect("a log file");
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone().expect("a log file"))
        .stderr(file)
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()))
}

/// Sends a signal, for example `TERM`.
fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-s", name, &pid]).status();
    assert!(sent.expect("kill").success(), "SIG{name} to {pid}");
}

/// Returns a port on which no process listens at the moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("a port").port()
}
