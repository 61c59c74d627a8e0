//! What is among our dependencies: licences, sources, and known vulnerabilities, by `cargo deny`
//! with the rules of `deny.toml`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::progress;
use crate::workspace::Workspace;

/// The release of cargo-deny that is installed where there is none.
const VERSION: &str = "0.20.2";

/// Checks licences, sources and bans, and the advisories where their database can be fetched.
pub fn check(workspace: &Workspace) -> Result<()> {
    let deny = provide(workspace)?;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&deny);
        command
            .current_dir(workspace.path(""))
            .args(["--workspace", "--locked", "--color", "never"])
            .args(arguments)
            // A network that swallows everything is no reason to wait for ever.
            .env("GIT_HTTP_LOW_SPEED_LIMIT", "1000")
            .env("GIT_HTTP_LOW_SPEED_TIME", "20");
        command
    };
    process::run(&mut run(&[
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))?;
    // The database is a Git repository, which not every machine reaches.
    if let Err(error) = process::output(&mut run(&["--log-level", "off", "fetch", "db"])) {
        process::check_interrupted()?;
        let why = format!("{error:#}");
        progress::note(format_args!(
            "left out: advisories, since their database can't be fetched here ({})",
            why.lines().next().unwrap_or_default()
        ));
        return Ok(());
    }
    process::run(&mut run(&["check", "--hide-inclusion-graph", "advisories"]))
}

/// The machine's cargo-deny, or one of our own in the build directory.
fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target("tools");
    let ours = tools.join("bin/cargo-deny");
    if let Some(found) = process::find_program("cargo-deny") {
        return Ok(found);
    }
    if !ours.is_file() {
        progress::step("cargo-deny from its source, once", || {
            // Without optimisations: building it takes minutes, what it does here a second.
            let mut install = workspace.cargo();
            install
                .args(["install", "cargo-deny", "--locked", "--debug", "--quiet"])
                .args(["--version", VERSION])
                .arg("--root")
                .arg(&tools)
                .env("CARGO_TARGET_DIR", tools.join("build"));
            process::run(&mut install).context("cargo-deny can't be installed")
        })?;
        // Some gigabytes that nobody needs again.
        std::fs::remove_dir_all(tools.join("build")).ok();
    }
    Ok(ours)
}
