//! Provides a version of Node.js that is new enough for Playwright.
//!
//! Debian 12 has Node.js 18, which Playwright rejects. Node.js itself is a package in the npm
//! registry, so the old version installs a new one into the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::packages;
use crate::process;
use crate::progress;
use crate::workspace::Workspace;

/// The oldest version that Playwright accepts, as its `engines` field says.
const OLDEST: u32 = 20;
/// The version that is installed if the system's is too old.
const INSTALLED: &str = "22";

/// Returns the path of a `node` that Playwright accepts. Installs one if necessary.
pub fn provide(workspace: &Workspace) -> Result<PathBuf> {
    packages::provide(&[&packages::NODE])?;
    let system = packages::located(&packages::NODE)?;
    let package = format!("node-linux-{}", architecture());
    let dir = workspace.target("node");
    let installed = dir.join("node_modules").join(&package).join("bin/node");
    for node in [system, installed.clone()] {
        if major_version(&node) >= Some(OLDEST) {
            return Ok(node);
        }
    }
    progress::step("Node.js from the npm registry", || {
        std::fs::create_dir_all(&dir)?;
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .arg(&dir)
        .arg(format!("{package}@{INSTALLED}"))
        .stdout(std::io::stderr());
        process::run(&mut npm)
            .with_context(|| format!("the tests in Chromium need Node.js {OLDEST} or newer"))
    })?;
    Ok(installed)
}

/// Runs `npm ci`, unless the lock file is unchanged since the last time.
pub fn install(dir: &Path) -> Result<()> {
    let lock = std::fs::read(dir.join("package-lock.json"))?;
    let installed = dir.join("node_modules/.installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    progress::step("npm ci", || {
        process::run(
            Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund"])
                .current_dir(dir)
                .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
                .stdout(std::io::stderr()),
        )?;
        std::fs::write(&installed, lock).context("node_modules")
    })
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "x64",
    }
}

fn major_version(node: &Path) -> Option<u32> {
    parse_major(&process::output(Command::new(node).arg("--version")).ok()?)
}

/// Returns the major version of a version such as `v20.20.2`.
fn parse_major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::parse_major;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(parse_major("v20.20.2\n"), Some(20));
        assert_eq!(parse_major("command not found"), None);
    }
}
