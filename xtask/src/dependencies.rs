//! Checks the licences, sources and known vulnerabilities of dependencies (`cargo deny` with the
//! rules of `deny.toml`), and that all dependencies are used (`cargo machete`).

use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::progress;
use crate::tools::{self, Tool};
use crate::workspace::Workspace;

/// Checks licences, sources and advisories.
const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};

/// Finds dependencies that no source file mentions.
const CARGO_MACHETE: Tool = Tool {
    name: "cargo-machete",
    version: "0.9.2",
};

/// Checks licences, sources and bans, and the advisories if their database can be fetched.
pub fn check(workspace: &Workspace) -> Result<()> {
    let deny = tools::provide(workspace, &CARGO_DENY)?;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&deny);
        command
            .current_dir(workspace.path(""))
            .args(["--workspace", "--locked", "--color", "never"])
            .args(arguments)
            // Gives up if the network drops all packets.
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
    // The database is a Git repository that is not reachable from every machine.
    if let Err(error) = process::output(&mut run(&["--log-level", "off", "fetch", "db"])) {
        process::check_interrupted()?;
        let why = format!("{error:#}");
        progress::note(format_args!(
            "skipped: advisories, because their database cannot be fetched here ({})",
            why.lines().next().unwrap_or_default()
        ));
        return Ok(());
    }
    process::run(&mut run(&["check", "--hide-inclusion-graph", "advisories"]))
}

/// Checks that every dependency is used.
///
/// # Errors
/// Returns an error if `cargo machete` finds an unused dependency.
pub fn check_for_unused(workspace: &Workspace) -> Result<()> {
    let Some(machete) = tools::provide_or_skip(workspace, &CARGO_MACHETE)? else {
        return Ok(());
    };
    let mut command = Command::new(machete);
    command.current_dir(workspace.path(""));
    process::run(command.arg("--skip-target-dir"))
}
