//! Builds the site: everything that the server sends as a file.
//!
//! Two things take long and do not need each other: compiling the library for the browser, and compiling
//! the programs that are needed besides (`xtask-site`, which puts the site together, and what the caller
//! wants to run). Cargo builds both at the same time, since they lie in different build directories.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process::{self, Child};
use crate::progress;
use crate::wasm_target::{self, Route, Via};
use crate::workspace::{APP, Workspace};

/// The package of the program that puts the site together, and the program's name.
pub const BUILDER: &str = "xtask-site";

/// The profile in the workspace's `Cargo.toml` that is tuned for a small bundle.
const PROFILE: &str = "wasm";

#[derive(clap::Args)]
pub struct Args {
    /// Build the site again although nothing changed
    #[arg(long)]
    force: bool,
}

/// Runs `cargo xtask site`.
pub fn run(workspace: &Workspace, via: Option<Via>, args: &Args) -> Result<ExitCode> {
    build(workspace, via, args.force, None)?;
    Ok(ExitCode::SUCCESS)
}

/// The cargo command that builds [`BUILDER`] and nothing else.
fn builder(workspace: &Workspace) -> Command {
    let mut build = workspace.cargo();
    build.args(["build", "--locked", "--workspace", "--bin", BUILDER]);
    build
}

/// Builds the site. While the bundle is compiled, the cargo command `programs` builds what else the
/// caller needs. One process at a time does this in a build directory.
///
/// # Errors
/// Returns an error if anything does not compile, or if the site cannot be put together.
pub fn build(
    workspace: &Workspace,
    via: Option<Via>,
    force: bool,
    programs: Option<Command>,
) -> Result<()> {
    let _one_at_a_time = lock(workspace)?;
    let compiled = progress::step("programs and browser bundle", || {
        let mut programs = programs.unwrap_or_else(|| builder(workspace));
        let running = Child::spawn(&mut programs)?;
        let compiled = wasm_target::provide(workspace, via)?
            .map(|route| compile(workspace, &route))
            .transpose()?;
        // Before the programs are finished: the last crate of the server leaves a processor free. Cargo
        // waits if the programs are built in the same directory.
        process::run(builder(workspace).arg("--quiet"))?;
        process::finish(running, &programs)?;
        Ok(compiled)
    })?;
    progress::step("site", || {
        let mut builder = Command::new(workspace.target("debug").join(BUILDER));
        if let Some(compiled) = compiled {
            builder.arg("--wasm").arg(compiled);
        }
        if force {
            builder.arg("--force");
        }
        process::run(&mut builder)
    })
}

/// Compiles the library for the browser, and returns the path of the module.
fn compile(workspace: &Workspace, route: &Route) -> Result<PathBuf> {
    let mut cargo = route.cargo(workspace, "build");
    cargo
        .args(["--package", APP, "--lib", "--locked", "--profile", PROFILE])
        .args(["--no-default-features", "--features", "hydrate"]);
    process::run(&mut cargo).context("the browser bundle does not compile")?;
    let name = format!("{}.wasm", APP.replace('-', "_"));
    Ok(route.artifact(workspace, PROFILE, &name))
}

fn lock(workspace: &Workspace) -> Result<File> {
    let path = workspace.target("site.lock");
    std::fs::create_dir_all(workspace.target(""))?;
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    file.lock().with_context(|| path.display().to_string())?;
    Ok(file)
}
