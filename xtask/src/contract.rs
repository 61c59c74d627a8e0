//! The contract of the REST API, looked at from outside: what the OpenAPI document says against what
//! a real server answers.
//!
//! | part | what |
//! | --- | --- |
//! | [`fuzz`] | Schemathesis: requests made from the document, within it and beside it, as nobody and in each role; all checks |
//! | [`clients`] | a Python and a TypeScript client made from the document, which do the main job |
//!
//! Both run against the application on SQLite alone and on PostgreSQL with Redis. The tools come from
//! PyPI and the npm registry, in versions that are written down in `contract/`, and are kept in the
//! build directory.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::app::database::Databases;
use crate::app::server::{Amounts, Place, Seeded, Server};
use crate::app::token;
use crate::packages;
use crate::process;
use crate::progress;
use crate::services::Services;
use crate::tally::Tally;
use crate::workspace::Workspace;

mod clients;
mod fuzz;

/// Every account's password here.
const PASSWORD: &str = "correct horse battery";

/// What is seeded: a competition for each run of generated requests, and people.
const AMOUNTS: Amounts = Amounts {
    users: 1,
    competitions: fuzz::ROLES.len(),
    capacity: 50,
    registrations: 0,
};

/// A server on a database of its own.
struct Subject {
    server: Server,
    place: Place,
    seeded: Seeded,
    _dir: TempDir,
}

/// Somebody who calls.
struct Person {
    email: String,
    token: String,
}

/// Runs everything; what failed is told on the way.
pub fn run(workspace: &Workspace, services: &Services) -> Result<Tally> {
    workspace.build_application()?;
    let python = python(workspace)?;
    let clients = clients::Clients::make(workspace, &python)?;
    let mut tally = Tally::default();
    for (name, subject) in [
        ("SQLite", Subject::on_sqlite as fn(_, _) -> _),
        ("PostgreSQL", Subject::on_postgres),
    ] {
        let subject: Subject = subject(workspace, services)?;
        tally += progress::step(&format!("clients on {name}"), || clients.run(&subject))?;
        tally += progress::step(&format!("Schemathesis on {name}"), || {
            fuzz::run(workspace, &python, &subject)
        })?;
        subject.server.stop()?;
    }
    Ok(tally)
}

impl Subject {
    fn on_sqlite(workspace: &Workspace, _: &Services) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let database = format!("sqlite://{}/app.db?mode=rwc", dir.path().display());
        Self::start(workspace, dir, database, None)
    }

    fn on_postgres(workspace: &Workspace, services: &Services) -> Result<Self> {
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
        let place = Place {
            program: workspace.binary("debug"),
            database_url,
            redis,
            dir: dir.path().to_owned(),
            settings: vec![("RUST_LOG", "warn")],
        };
        let seeded = place.seed(AMOUNTS)?;
        Ok(Self {
            seeded,
            server: Server::start(&place, &["serve", "--no-migrate"])?,
            place,
            _dir: dir,
        })
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Makes an account as an administrator would at a terminal, and a token for it.
    fn account(&self, name: &str, role: &str) -> Result<Person> {
        let email = format!("{}@contract.test", name.to_lowercase());
        let mut create = self.place.command();
        create.args([
            "user", "create", "--name", name, "--role", role, "--email", &email,
        ]);
        let mut child = create
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("mini-compete user create")?;
        let mut input = child.stdin.take().context("no standard input")?;
        writeln!(input, "{PASSWORD}")?;
        drop(input);
        let output = child.wait_with_output()?;
        let id = String::from_utf8(output.stdout).context("the id of an account")?;
        if !output.status.success() {
            bail!("`mini-compete user create` ended with {}", output.status);
        }
        let token = token::mint(id.trim(), role)?;
        Ok(Person { email, token })
    }
}

/// A Python with the tools of `contract/python/requirements.txt`, in the build directory.
fn python(workspace: &Workspace) -> Result<PathBuf> {
    packages::provide(&[&packages::PYTHON])?;
    let wanted = std::fs::read(workspace.path("contract/python/requirements.txt"))?;
    let dir = workspace.target("contract/python");
    let (python, installed) = (dir.join("bin/python"), dir.join("installed.txt"));
    if std::fs::read(&installed).is_ok_and(|old| old == wanted) {
        return Ok(python);
    }
    progress::step("tools from PyPI", || {
        let mut venv = Command::new(packages::located(&packages::PYTHON)?);
        venv.args(["-m", "venv", "--clear"]).arg(&dir);
        process::run(&mut venv)?;
        let mut pip = Command::new(&python);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .arg("--requirement")
        .arg(workspace.path("contract/python/requirements.txt"))
        .stdout(std::io::stderr());
        process::run(&mut pip)?;
        std::fs::write(&installed, &wanted).context("the virtual environment")
    })?;
    Ok(python)
}
