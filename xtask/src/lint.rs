//! What a compiler and its linter can find without running anything.

use std::process::ExitCode;

use anyhow::Result;

use crate::dependencies;
use crate::process;
use crate::progress;
use crate::wasm_target::{self, TRIPLE};
use crate::workspace::{APP, Workspace};

pub fn run(workspace: &Workspace) -> Result<ExitCode> {
    progress::step("formatting", || {
        process::run(workspace.cargo().args(["fmt", "--all", "--check"]))
    })?;
    progress::step("clippy", || {
        process::run(
            workspace
                .cargo()
                .args(["clippy", "--workspace", "--all-targets", "--locked"])
                .args(["--", "-D", "warnings"]),
        )
    })?;
    // The library for the browser is other code: half of `src/` behind the other feature.
    progress::step("clippy for the browser", || {
        if !wasm_target::is_installed() {
            progress::note(format_args!(
                "left out: `rustup target add {TRIPLE}` first (`cargo xtask site` compiles it all the same)"
            ));
            return Ok(());
        }
        process::run(
            workspace
                .cargo()
                .args([
                    "clippy",
                    "--package",
                    APP,
                    "--lib",
                    "--target",
                    TRIPLE,
                    "--locked",
                ])
                .args(["--no-default-features", "--features", "hydrate"])
                .args(["--", "-D", "warnings"]),
        )
    })?;
    progress::step("dependencies", || dependencies::check(workspace))?;
    Ok(ExitCode::SUCCESS)
}
