//! Where the workspace and its build directory are, and how cargo is called from inside cargo.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process;

/// The application's package, its binary and the stem of every file of its bundle.
pub const APP: &str = "mini-compete";

pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    /// The oldest compiler that the application admits, as `(major, minor)`.
    rust_version: Option<(u32, u32)>,
}

/// The part of `cargo metadata` that is read here.
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
    /// The workspace of the source tree this program was started from.
    ///
    /// The variable of `cargo run` comes before the path known at compile time: a build directory
    /// that several work trees share may hand one tree the program that another one built.
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

    /// A path inside the source tree.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A path inside the build directory (`CARGO_TARGET_DIR`, or `target`).
    pub fn target(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.target.join(relative)
    }

    pub fn rust_version(&self) -> Option<(u32, u32)> {
        self.rust_version
    }

    /// Where the finished site is put, and the value of `SITE_ROOT` for everything that serves it.
    pub fn site(&self) -> PathBuf {
        self.target("site")
    }

    /// The application as cargo builds it for `profile` (`debug` or `release`).
    pub fn binary(&self, profile: &str) -> PathBuf {
        self.target(profile).join(APP)
    }

    /// Builds the application as [`binary`](Self::binary) names it for `debug`.
    ///
    /// It comes with the integration tests, which cargo builds it for; asking for it alone would be
    /// another set of features and so another build of most dependencies.
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

    /// The cargo that runs this program, in the workspace, building into the same directory.
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

/// Takes away what `cargo run` told *this* program about itself: build scripts that watch those
/// variables would otherwise run again each time cargo is called by hand, and once more from here.
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

/// `1.94` or `1.94.0` as numbers.
pub fn parse_rust_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some((major, minor))
}

/// The version of `package` in the text of a `Cargo.lock`. Two versions of it are an error: whoever
/// asks needs *the* version.
pub fn locked_version(lock: &str, package: &str) -> Result<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    let mut found: Option<&str> = None;
    while let Some(line) = lines.next() {
        if line != name {
            continue;
        }
        let version = lines
            .next()
            .and_then(|line| line.strip_prefix("version = \""))
            .and_then(|rest| rest.strip_suffix('"'))
            .with_context(|| format!("Cargo.lock gives no version for {package}"))?;
        if let Some(other) = found {
            bail!("Cargo.lock holds {package} twice: {other} and {version}");
        }
        found = Some(version);
    }
    found
        .map(str::to_owned)
        .with_context(|| format!("Cargo.lock holds no {package}"))
}

#[cfg(test)]
mod tests {
    use super::{locked_version, parse_rust_version};

    const LOCK: &str = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n\n\
                        [[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.2.130\"\n\n\
                        [[package]]\nname = \"sha2\"\nversion = \"0.10.9\"\n\n\
                        [[package]]\nname = \"sha2\"\nversion = \"0.11.0\"\n";

    #[test]
    fn a_locked_version_is_that_of_the_very_name() {
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
