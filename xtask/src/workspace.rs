//! The paths of the workspace and of its build directory, and commands that call cargo from within
//! cargo.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process;

/// The name of the application's package and binary, with which the names of its bundle's files
/// begin.
pub const APP: &str = "mini-compete";

pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    /// The application's `rust-version` as `(major, minor)`.
    rust_version: Option<(u32, u32)>,
}

/// The fields of `cargo metadata` that are used here.
#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    rust_version: Option<String>,
}

impl Workspace {
    /// Finds the workspace from which this program was started.
    ///
    /// The variable of `cargo run` has precedence over the path at compile time: if several work
    /// trees share a build directory, the program may have been built from another one.
    pub fn find() -> Result<Self> {
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir
            .parent()
            .context("xtask has no parent directory")?
            .to_path_buf();
        let mut metadata = cargo();
        metadata.current_dir(&root).args([
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--offline",
        ]);
        let metadata = process::output(&mut metadata).context("cargo metadata")?;
        let metadata: Metadata = serde_json::from_str(&metadata).context("cargo metadata")?;
        let rust_version = metadata
            .packages
            .iter()
            .find(|package| package.name == APP)
            .and_then(|package| parse_rust_version(package.rust_version.as_deref()?));
        Ok(Self {
            root,
            target: metadata.target_directory,
            rust_version,
        })
    }

    /// Returns a path in the source tree.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Returns a path in the build directory (`CARGO_TARGET_DIR`, or `target`).
    pub fn target(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.target.join(relative)
    }

    pub fn rust_version(&self) -> Option<(u32, u32)> {
        self.rust_version
    }

    /// Returns the directory of the built site, which is the value of `SITE_ROOT`.
    pub fn site(&self) -> PathBuf {
        self.target("site")
    }

    /// Returns the path of the application that is built with `profile` (`debug` or `release`).
    pub fn binary(&self, profile: &str) -> PathBuf {
        self.target(profile).join(APP)
    }

    /// Builds the application with the profile `debug`.
    ///
    /// It builds the integration tests, which depend on the application. Building the application
    /// alone would select other features, and so compile most dependencies again.
    pub fn build_application(&self) -> Result<()> {
        let mut build = self.cargo();
        build.args([
            "test",
            "--workspace",
            "--locked",
            "--no-run",
            "--test",
            "*",
            "--quiet",
        ]);
        process::run(&mut build).context("the application does not compile")
    }

    /// Returns a command for the cargo that runs this program, with the same workspace and build
    /// directory.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }
}

fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    without_cargo_run(&mut command);
    command
}

/// Removes the variables that `cargo run` sets to describe *this* program. Otherwise build scripts
/// that depend on them would run again whenever calls of cargo from here and by hand alternate.
pub fn without_cargo_run(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let described = name.to_str().is_some_and(|name| {
            [
                "CARGO_PKG_",
                "CARGO_MANIFEST_",
                "CARGO_BIN_",
                "CARGO_CRATE_",
            ]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        });
        if described {
            command.env_remove(name);
        }
    }
}

/// Parses a version such as `1.94` or `1.94.0`.
pub fn parse_rust_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some((major, minor))
}

/// Returns the version of `package` in the text of a `Cargo.lock`.
///
/// # Errors
/// Returns an error if the file contains no version or several versions of the package.
pub fn locked_version(lock: &str, package: &str) -> Result<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    let mut locked: Option<&str> = None;
    while let Some(line) = lines.next() {
        if line != name {
            continue;
        }
        let version = lines
            .next()
            .and_then(|line| line.strip_prefix("version = \""))
            .and_then(|rest| rest.strip_suffix('"'))
            .with_context(|| format!("Cargo.lock gives no version for {package}"))?;
        if let Some(other) = locked {
            bail!("Cargo.lock contains {package} twice: {other} and {version}");
        }
        locked = Some(version);
    }
    locked
        .map(str::to_owned)
        .with_context(|| format!("Cargo.lock does not contain {package}"))
}

#[cfg(test)]
mod tests {
    use super::{locked_version, parse_rust_version};

    const LOCK: &str = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n\n\
                        [[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.2.130\"\n\n\
                        [[package]]\nname = \"sha2\"\nversion = \"0.10.9\"\n\n\
                        [[package]]\nname = \"sha2\"\nversion = \"0.11.0\"\n";

    #[test]
    fn a_locked_version_belongs_to_the_exact_name() {
        assert_eq!(
            locked_version(LOCK, "wasm-bindgen").ok().as_deref(),
            Some("0.2.130")
        );
    }

    #[test]
    fn a_package_that_is_locked_twice_or_never_has_no_version() {
        assert!(locked_version(LOCK, "sha2").is_err());
        assert!(locked_version(LOCK, "serde").is_err());
    }

    #[test]
    fn a_compiler_version_is_its_first_two_numbers() {
        assert_eq!(parse_rust_version("1.94.0"), Some((1, 94)));
        assert_eq!(parse_rust_version("1.94"), Some((1, 94)));
        assert_eq!(parse_rust_version("nightly"), None);
    }
}
