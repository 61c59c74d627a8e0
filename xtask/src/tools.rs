//! Tools that checks need. They are found in `PATH`, or installed from source into the build
//! directory.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process;
use crate::progress;
use crate::workspace::Workspace;

/// A program that `cargo install` can build.
pub struct Tool {
    /// The name of the package.
    pub name: &'static str,
    /// The version that is installed if the machine has none.
    pub version: &'static str,
}

impl Tool {
    /// Returns the name of the program, which some packages do not share.
    fn program(&self) -> &'static str {
        self.name.strip_suffix("-cli").unwrap_or(self.name)
    }
}

/// Returns the machine's program, or installs one in the build directory.
///
/// # Errors
/// Returns an error if the tool is missing and cannot be installed.
pub fn provide(workspace: &Workspace, tool: &Tool) -> Result<PathBuf> {
    if let Some(found) = process::find_program(tool.program()) {
        return Ok(found);
    }
    let tools = workspace.target("tools");
    let installed = tools.join("bin").join(tool.program());
    if !installed.is_file() {
        let title = format!("{} from source, once", tool.name);
        progress::step(&title, || {
            // Without optimization, because building takes minutes and each run about a second.
            let mut install = workspace.cargo();
            install
                .args(["install", tool.name, "--locked", "--debug", "--quiet"])
                .args(["--version", tool.version])
                .arg("--root")
                .arg(&tools)
                .env("CARGO_TARGET_DIR", tools.join("build"));
            process::run(&mut install).with_context(|| format!("{} can't be installed", tool.name))
        })?;
        // These intermediate files take up to some gigabytes and are not needed again.
        std::fs::remove_dir_all(tools.join("build")).ok();
    }
    Ok(installed)
}

/// Works like [`provide`], but prints a note and returns `None` if the tool cannot be installed,
/// because checks of style should not require a network.
///
/// # Errors
/// Returns an error if this program was interrupted.
pub fn provide_or_skip(workspace: &Workspace, tool: &Tool) -> Result<Option<PathBuf>> {
    match provide(workspace, tool) {
        Ok(path) => Ok(Some(path)),
        Err(error) => {
            process::check_interrupted()?;
            progress::note(format_args!("skipped: {error:#}"));
            Ok(None)
        }
    }
}
