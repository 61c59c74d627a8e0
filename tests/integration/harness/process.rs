//! The application as processes of their own, which can be killed; and a Redis and a PostgreSQL of
//! a test's own, which can be taken away.

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
    Client, Place, eventually,
    log_check::{self, LogGuard},
    storage::service,
};

/// How long anything may take to start or to end.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// What all processes of a test sign tokens with.
pub const SECRET: &str = "a secret that only tests know, 32+";

/// A `mini-compete serve` of its own. Ended with the value; after a failed test its log is shown.
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
    /// Starts one at a place, with more variables, and waits until it answers.
    pub async fn start(place: &Place, more: &[(&str, &str)]) -> Self {
        Self::start_with(place, &["serve"], more).await
    }

    /// The same with other arguments (`["serve", "--no-worker"]`).
    pub async fn start_with(place: &Place, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        let mut server = Self::prepare(place, arguments, more);
        server.start_again().await;
        server
    }

    fn prepare(place: &Place, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let bind = address.to_string();
        let mut settings = vec![
            ("DATABASE_URL", place.database_url.as_str()),
            ("REDIS_PREFIX", &place.redis_prefix),
            ("BIND", &bind),
            ("METRICS_BIND", "off"),
            ("RATE_LIMIT", "off"),
            ("JWT_SECRET", SECRET),
            ("RUST_LOG", "info"),
        ];
        if let Some(url) = &place.redis_url {
            settings.push(("REDIS_URL", url));
        }
        settings.extend_from_slice(more);
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

    /// The same without some of the variables that it is given otherwise.
    pub async fn start_without(place: &Place, unset: &[&str], more: &[(&str, &str)]) -> Self {
        let mut server = Self::prepare(place, &["serve"], more);
        server
            .settings
            .retain(|(name, _)| !unset.contains(&name.as_str()));
        server.start_again().await;
        server
    }

    /// Starts it again where it was, and waits until it answers.
    pub async fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mini-compete"));
        command.args(&self.arguments).env_clear();
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        self.child = Some(spawn(&mut command, &self.log));
        let client = self.client();
        eventually("the server answers", DEADLINE, || async {
            client.try_get("/healthz").await.ok().map(|_| ())
        })
        .await;
    }

    /// Lets it have no more open files than so many from now on.
    pub fn limit_files(&self, most: u64) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let child = self.child.as_ref().expect("it runs");
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        prlimit(pid, Resource::Nofile, limit).expect("its limit is lowered");
    }

    /// SIGKILL: nothing is finished, nothing is tidied.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it was there to be killed");
            child.wait().expect("it ends");
        }
    }

    /// SIGSTOP: it does nothing any more, and its connections stay open.
    pub fn freeze(&self) {
        signal(self.child.as_ref().expect("it runs"), "STOP");
    }

    /// SIGCONT: it goes on as if no time had passed.
    pub fn thaw(&self) {
        signal(self.child.as_ref().expect("it runs"), "CONT");
    }

    /// SIGTERM, and how it ended.
    pub async fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        signal(&child, "TERM");
        eventually("the server stops", DEADLINE, || {
            std::future::ready(child.try_wait().expect("a status"))
        })
        .await
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// What it logged so far.
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

/// Signs access tokens as the processes do.
pub fn tokens(database: &Database) -> Tokens {
    Tokens::new(database.clone(), Clock::system(), SECRET.as_bytes())
}

/// An access token that every process at the place accepts.
pub fn token(tokens: &Tokens, actor: Actor) -> String {
    tokens.pair(actor, String::new()).expect("a token").access
}

/// A Redis of a test's own, which forgets everything when it stops.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    child: Option<Child>,
    folder: TempDir,
}

impl Redis {
    pub async fn start() -> Self {
        let mut redis = Self {
            port: free_port(),
            child: None,
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        redis.start_again().await;
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

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

    /// Gone at once, with everything it held.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it was there to be killed");
            child.wait().expect("it ends");
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A PostgreSQL of a test's own.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    child: Option<Child>,
    account: Option<(u32, u32)>,
    folder: TempDir,
}

impl Postgres {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // It does not run as root; root lends it another account.
        let root = fs::metadata("/proc/self").expect("Linux").uid() == 0;
        let account = root.then(|| account("postgres").or_else(|| account("nobody")));
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

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub async fn start_again(&mut self) {
        let mut command = self.program("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            // The machine does not crash here, only the server.
            .args(["-c", "fsync=off", "-c", "max_connections=100"]);
        self.child = Some(spawn(&mut command, &self.folder.path().join("log")));
        let url = self.url();
        eventually("PostgreSQL answers", DEADLINE, || async {
            use sea_orm::sqlx::{Connection, PgConnection};
            PgConnection::connect(&url).await.ok()
        })
        .await;
    }

    /// As a crash: connections are cut, what was not committed is gone.
    pub async fn crash(&mut self) {
        if let Some(mut child) = self.child.take() {
            // "Immediate shutdown": it ends its own children, and tidies nothing else.
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
            child.wait().expect("it ends");
        }
    }
}

/// User and group of an account of the machine.
fn account(name: &str) -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

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

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-s", name, &pid]).status();
    assert!(sent.expect("kill").success(), "SIG{name} to {pid}");
}

/// A port that nobody listens on at the moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("a port").port()
}
