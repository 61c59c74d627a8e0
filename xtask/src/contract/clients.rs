//! Clients that public generators make from the OpenAPI document. If a type in the document is
//! wrong, a client does not compile, or fails at the first response.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::test_server::{PASSWORD, TestServer};
use crate::node;
use crate::process;
use crate::progress;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// The programs that run both clients.
pub struct Clients {
    python: PathBuf,
    python_path: PathBuf,
    python_script: PathBuf,
    node: PathBuf,
    node_script: PathBuf,
}

impl Clients {
    /// Generates both clients from the stored document, which a unit test compares with the one
    /// that the application serves, and compiles the TypeScript client.
    pub fn generate(workspace: &Workspace, python: &Path) -> Result<Self> {
        let generated = workspace.target("contract/generated");
        std::fs::create_dir_all(&generated)?;
        let document = workspace.path("tests/snapshots/openapi.json");
        progress::step("Python client", || {
            let generator = python.with_file_name("openapi-python-client");
            let mut generate = Command::new(generator);
            generate
                .args(["generate", "--meta", "none", "--overwrite", "--path"])
                .arg(&document)
                .arg("--output-path")
                .arg(generated.join("mini_compete_client"))
                .stdout(std::io::stderr());
            process::run(&mut generate)
        })?;
        let dir = workspace.path("contract/typescript");
        let node = node::provide(workspace)?;
        node::install(&dir)?;
        let script = |name: &str| {
            let mut command = Command::new(&node);
            command
                .current_dir(&dir)
                .arg(dir.join("node_modules").join(name))
                .stdout(std::io::stderr());
            command
        };
        progress::step("TypeScript client", || {
            let mut types = script("openapi-typescript/bin/cli.js");
            types
                .arg(&document)
                .arg("--output")
                .arg(dir.join("schema.d.ts"));
            process::run(&mut types)?;
            process::run(script("typescript/bin/tsc").arg("--pretty").arg("false"))
                .context("the client does not match the document")
        })?;
        Ok(Self {
            python: python.to_owned(),
            python_path: generated,
            python_script: workspace.path("contract/python/client.py"),
            node,
            node_script: dir.join("generated/client.js"),
        })
    }

    /// Runs both clients against a server. Each counts as one test.
    pub fn run(&self, server: &TestServer) -> Result<Tally> {
        let organizer = server.account("Clients", "ORGANIZER")?;
        let mut python = Command::new(&self.python);
        python
            .arg(&self.python_script)
            .env("PYTHONPATH", &self.python_path);
        let mut node = Command::new(&self.node);
        node.arg(&self.node_script);
        let mut tally = Tally::default();
        for (name, mut client) in [("Python", python), ("TypeScript", node)] {
            client
                .env("CONTRACT_URL", server.url())
                .env("ORGANIZER_EMAIL", &organizer.email)
                .env("PASSWORD", PASSWORD)
                .stdout(std::io::stderr());
            match process::run(&mut client) {
                Ok(()) => tally.passed += 1,
                Err(error) => {
                    process::check_interrupted()?;
                    eprintln!("xtask: the {name} client: {error:#}");
                    tally.failed += 1;
                    tally.failures.push(format!("the {name} client"));
                }
            }
        }
        Ok(tally)
    }
}
