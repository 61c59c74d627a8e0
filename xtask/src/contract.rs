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

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::packages;
use crate::process;
use crate::progress;
use crate::services::Services;
use crate::tally::Tally;
use crate::workspace::Workspace;

mod clients;
mod fuzz;
mod test_server;

use test_server::TestServer;

/// Runs all contract tests and prints what failed on the way.
pub fn run(workspace: &Workspace, services: &Services) -> Result<Tally> {
    workspace.build_application()?;
    let python = python(workspace)?;
    let clients = clients::Clients::make(workspace, &python)?;
    let mut tally = Tally::default();
    for (name, server) in [
        ("SQLite", TestServer::on_sqlite as fn(_, _) -> _),
        ("PostgreSQL", TestServer::on_postgres),
    ] {
        let server: TestServer = server(workspace, services)?;
        tally += progress::step(&format!("clients on {name}"), || clients.run(&server))?;
        tally += progress::step(&format!("Schemathesis on {name}"), || {
            fuzz::run(workspace, &python, &server)
        })?;
        server.stop()?;
    }
    Ok(tally)
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
