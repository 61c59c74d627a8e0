//! Builds the site: all files that the server sends.
//!
//! Two compilations take long and are independent: the library for the browser, and the programs
//! (`xtask-site`, which assembles the site, and those that the caller needs). Cargo runs both at
//! the same time, because they have different build directories.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process::{self, Child};
use crate::progress;
use crate::wasm_target::{self, Route, Via};
use crate::workspace::{APP, Workspace};

/// The name of the package and of the program that assembles the site.
pub const BUILDER: &str = "xtask-site";

/// The profile in the workspace's `Cargo.toml` that is tuned for a small bundle.
const PROFILE: &str = "wasm";

#[derive(clap::Args)]
pub struct Args {
    /// Build the site even if nothing has changed
    #[arg(long)]
    force: bool,
}

/// Runs `cargo xtask site`.
pub fn run(workspace: &Workspace, via: Option<Via>, args: &Args) -> Result<ExitCode> {
    build(workspace, via, args.force, None)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the cargo command that builds [`BUILDER`] alone.
fn builder(workspace: &Workspace) -> Command {
    let mut build = workspace.cargo();
    build.args(["build", "--locked", "--workspace", "--bin", BUILDER]);
    build
}

/// Builds the site. While the bundle is compiled, the cargo command `programs` builds the programs
/// that the caller needs. A lock allows one process at a time in a build directory.
///
/// # Errors
/// Returns an error if anything does not compile, or if the site cannot be assembled.
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
