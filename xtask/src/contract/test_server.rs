//! The application that the contract tests call: on either database, with seeded data and accounts.

use std::io::Write as _;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::app::database::Databases;
use crate::app::server::{Installation, SeedAmounts, Seeded, Server};
use crate::app::token;
use crate::services::Services;
use crate::workspace::Workspace;

/// The roles in which requests are made; `None` is an anonymous client.
pub(super) const ROLES: [Option<&str>; 4] =
    [None, Some("PARTICIPANT"), Some("ORGANIZER"), Some("ADMIN")];

/// The password of every account.
pub(super) const PASSWORD: &str = "correct horse battery";

/// The seeded data: one competition for the requests of each role.
const AMOUNTS: SeedAmounts = SeedAmounts {
    users: 1,
    competitions: ROLES.len(),
    capacity: 50,
    registrations: 0,
};

/// A server with a new database.
pub(super) struct TestServer {
    server: Server,
    installation: Installation,
    pub(super) seeded: Seeded,
    _dir: TempDir,
}

/// An account that calls the API.
pub(super) struct Caller {
    pub(super) email: String,
    pub(super) token: String,
}

impl TestServer {
    pub(super) fn on_sqlite(workspace: &Workspace, _: &Services) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let database = format!("sqlite://{}/app.db?mode=rwc", dir.path().display());
        Self::start(workspace, dir, database, None)
    }

    pub(super) fn on_postgres(workspace: &Workspace, services: &Services) -> Result<Self> {
        let name = format!("contract_{}", std::process::id());
        Databases(&services.postgres).create(&name)?;
        let redis = (services.redis.url(), name.clone());
        let database = services.postgres.url(&name);
        Self::start(workspace, tempfile::tempdir()?, database, Some(redis))
    }

    fn start(
        workspace: &Workspace,
        dir: TempDir,
        database_url: String,
        redis: Option<(String, String)>,
    ) -> Result<Self> {
        let installation = Installation {
            program: workspace.binary("debug"),
            database_url,
            redis,
            dir: dir.path().to_owned(),
            settings: vec![("RUST_LOG", "warn")],
        };
        let seeded = installation.seed(AMOUNTS)?;
        Ok(Self {
            seeded,
            server: Server::start(&installation, &["serve", "--no-migrate"])?,
            installation,
            _dir: dir,
        })
    }

    /// Stops the server.
    ///
    /// # Errors
    /// Returns an error if it does not stop properly.
    pub(super) fn stop(self) -> Result<()> {
        self.server.stop()
    }

    /// Returns the base URL of the server.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Creates an account by the command that an administrator would run, and a token for it.
    pub(super) fn account(&self, name: &str, role: &str) -> Result<Caller> {
        let email = format!("{}@contract.test", name.to_lowercase());
        let mut create = self.installation.command();
        create.args([
            "user", "create", "--name", name, "--role", role, "--email", &email,
        ]);
        let mut child = create
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start `mini-compete user create`")?;
        let mut input = child.stdin.take().context("no standard input")?;
        writeln!(input, "{PASSWORD}")?;
        drop(input);
        let output = child.wait_with_output()?;
        let id = String::from_utf8(output.stdout).context("the id of the account is not UTF-8")?;
        if !output.status.success() {
            bail!("`mini-compete user create` ended with {}", output.status);
        }
        let token = token::mint(id.trim(), role)?;
        Ok(Caller { email, token })
    }
}
