//! Contract tests: compares the OpenAPI document with the responses of a running server.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`fuzz`] | runs Schemathesis: valid and invalid requests that are generated from the document, anonymously and in each role |
//! | [`clients`] | runs the main tasks with a Python and a TypeScript client that are generated from the document |
//!
//! Both run on SQLite alone, and on PostgreSQL with Redis. The tools come from PyPI and the npm
//! registry. Their versions are pinned in `contract/`, and they are installed in the build
//! directory.

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

/// Runs all contract tests and prints the failures.
pub fn run(workspace: &Workspace, services: &Services) -> Result<Tally> {
    workspace.build_application()?;
    let python = python(workspace)?;
    let clients = clients::Clients::generate(workspace, &python)?;
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

/// Provides a Python virtual environment with the tools of `contract/python/requirements.txt`.
fn python(workspace: &Workspace) -> Result<PathBuf> {
    packages::provide(&[&packages::PYTHON])?;
    let requirements = std::fs::read(workspace.path("contract/python/requirements.txt"))?;
    let dir = workspace.target("contract/python");
    let (python, installed) = (dir.join("bin/python"), dir.join("installed.txt"));
    if std::fs::read(&installed).is_ok_and(|old| old == requirements) {
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
        std::fs::write(&installed, &requirements).context("cannot write to the virtual environment")
    })?;
    Ok(python)
}
