//! Provides the compiler for the browser.
//!
//! There are three ways, in this order: the target is already installed; rustup adds it; or, on
//! Debian and Ubuntu, where rustup's server may not be reachable, the compiler and the library
//! source of the distribution are used. The distribution has no compiled standard library for the
//! browser, so cargo builds it (`-Z build-std`), and no linker, so that of the installed toolchain
//! is used.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::packages;
use crate::process::{self, Child};
use crate::progress;
use crate::workspace::{Workspace, parse_rust_version, without_cargo_run};

pub const TRIPLE: &str = "wasm32-unknown-unknown";

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust/library/std";
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// The time limit for rustup, which has no useful one itself.
const RUSTUP_TIMEOUT: Duration = Duration::from_secs(300);

/// A way to get the target, for `--wasm-via`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// The installed toolchain has the target
    Installed,
    /// Add it with `rustup target add`
    Rustup,
    /// The packages of Debian and Ubuntu
    Debian,
    /// No bundle, as on a machine without the target
    None,
}

/// A way that works on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The workspace's own toolchain has the target.
    Toolchain,
    /// Debian's cargo and rustc, and this linker.
    Debian { linker: PathBuf },
}

impl Route {
    /// Returns the cargo command that compiles for the browser. The caller adds arguments.
    pub fn cargo(&self, workspace: &Workspace, subcommand: &str) -> Command {
        match self {
            Self::Toolchain => {
                let mut command = workspace.cargo();
                command.args([subcommand, "--target", TRIPLE]);
                command
            }
            Self::Debian { linker } => {
                let mut command = Command::new(DEBIAN_CARGO);
                without_cargo_run(&mut command);
                // These variables of rustup and the current toolchain would make Debian's cargo use
                // that toolchain, or Debian's compiler load its libraries.
                for name in [
                    "CARGO",
                    "LD_LIBRARY_PATH",
                    "RUSTC_WRAPPER",
                    "RUSTC_WORKSPACE_WRAPPER",
                    "RUSTDOC",
                    "RUSTUP_HOME",
                    "RUSTUP_TOOLCHAIN",
                ] {
                    command.env_remove(name);
                }
                command
                    .current_dir(workspace.path(""))
                    .env("CARGO_TARGET_DIR", self.target_dir(workspace))
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                    .args([subcommand, "--target", TRIPLE])
                    .arg("-Zbuild-std=std,panic_abort");
                command
            }
        }
    }

    /// Returns the build directory. Two compilers in one directory would discard each other's
    /// results.
    fn target_dir(&self, workspace: &Workspace) -> PathBuf {
        match self {
            Self::Toolchain => workspace.target(""),
            Self::Debian { .. } => workspace.target("wasm-debian"),
        }
    }

    /// Returns the path of the file `name` that a build with `profile` creates.
    pub fn artifact(&self, workspace: &Workspace, profile: &str, name: &str) -> PathBuf {
        self.target_dir(workspace)
            .join(TRIPLE)
            .join(profile)
            .join(name)
    }
}

/// Provides the target in the given way, or in the first way that works. Prints the reasons and
/// returns `None` if there is none.
pub fn provide(workspace: &Workspace, via: Option<Via>) -> Result<Option<Route>> {
    let ways: &[Via] = match &via {
        Some(via) => std::slice::from_ref(via),
        None => &[Via::Installed, Via::Rustup, Via::Debian],
    };
    let mut reasons = Vec::new();
    for way in ways {
        match try_way(workspace, *way) {
            Ok(route) => return Ok(Some(route)),
            Err(reason) => {
                process::check_interrupted()?;
                reasons.push(format!("{reason:#}"));
            }
        }
    }
    progress::note(format_args!(
        "no browser bundle (pages work without scripts): {TRIPLE} is not available ({})",
        reasons.join("; ").replace('\n', " ")
    ));
    Ok(None)
}

fn try_way(workspace: &Workspace, way: Via) -> Result<Route> {
    match way {
        Via::Installed if is_installed() => Ok(Route::Toolchain),
        Via::Installed => bail!("not installed"),
        Via::Rustup => add_with_rustup(),
        Via::Debian => use_debian_packages(workspace),
        Via::None => bail!("none was requested"),
    }
}

/// Returns a command for the compiler that the workspace's cargo uses.
fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// Returns whether the current toolchain has a standard library for the browser.
pub fn is_installed() -> bool {
    let libraries = process::output(rustc().args(["--print", "target-libdir", "--target", TRIPLE]));
    libraries.is_ok_and(|dir| {
        std::fs::read_dir(dir.trim()).is_ok_and(|mut files| {
            files.any(|file| {
                file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
            })
        })
    })
}

fn add_with_rustup() -> Result<Route> {
    let rustup = process::find_program("rustup").context("rustup is not installed")?;
    progress::note(format_args!("rustup target add {TRIPLE}"));
    let mut command = Command::new(rustup);
    command
        .args(["target", "add", TRIPLE])
        .env("RUST_BACKTRACE", "0")
        .stdout(std::io::stderr());
    let mut child = Child::spawn(&mut command)?;
    let start = std::time::Instant::now();
    let status = loop {
        if let Some(status) = child.poll()? {
            break status;
        }
        if start.elapsed() > RUSTUP_TIMEOUT {
            bail!(
                "rustup did not finish within {} s",
                RUSTUP_TIMEOUT.as_secs()
            );
        }
        process::pause(Duration::from_millis(50))?;
    };
    if !status.success() || !is_installed() {
        bail!("rustup cannot add it");
    }
    Ok(Route::Toolchain)
}

fn use_debian_packages(workspace: &Workspace) -> Result<Route> {
    let present = || {
        [DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_STD]
            .iter()
            .all(|path| Path::new(path).exists())
    };
    if !packages::is_debian() {
        bail!("neither Debian nor Ubuntu");
    }
    // Checked first, because it cannot be installed, and the packages are large.
    let linker = find_linker()?;
    if !present() {
        packages::install("a Rust compiler for the browser", &DEBIAN_PACKAGES)?;
    }
    if !present() {
        bail!("Debian's Rust packages lack a compiler or its source");
    }
    let version = process::output(Command::new(DEBIAN_RUSTC).arg("--version"))?;
    let version = version.split_ascii_whitespace().nth(1).unwrap_or_default();
    if parse_rust_version(version) < workspace.rust_version() {
        bail!("Debian's rustc {version} is too old");
    }
    Ok(Route::Debian { linker })
}

/// Finds a linker for the browser: the one of the toolchain, or LLVM's.
fn find_linker() -> Result<PathBuf> {
    let sysroot = process::output(rustc().args(["--print", "sysroot"]));
    let rustlib = Path::new(sysroot.as_deref().unwrap_or_default().trim()).join("lib/rustlib");
    let bundled = std::fs::read_dir(rustlib)
        .into_iter()
        .flatten()
        .flatten()
        .map(|host| host.path().join("bin/rust-lld"))
        .find(|path| path.is_file());
    bundled
        .or_else(|| process::find_program("wasm-ld"))
        .context("no linker for the browser (rust-lld, wasm-ld)")
}

#[cfg(test)]
mod tests {
    use super::{Route, TRIPLE};
    use crate::workspace::Workspace;

    #[test]
    fn debians_compiler_has_its_own_build_directory() -> anyhow::Result<()> {
        let workspace = Workspace::find()?;
        let debian = Route::Debian {
            linker: "/usr/bin/wasm-ld".into(),
        };
        let debian_file = debian.artifact(&workspace, "wasm", "a.wasm");
        let toolchain_file = Route::Toolchain.artifact(&workspace, "wasm", "a.wasm");
        assert_ne!(debian_file, toolchain_file);
        assert!(toolchain_file.ends_with(format!("{TRIPLE}/wasm/a.wasm")));
        Ok(())
    }

    #[test]
    fn debians_cargo_does_not_get_the_variables_of_the_current_toolchain() -> anyhow::Result<()> {
        let workspace = Workspace::find()?;
        let debian = Route::Debian {
            linker: "/usr/bin/wasm-ld".into(),
        };
        let command = debian.cargo(&workspace, "build");
        let value = |name: &str| command.get_envs().find(|(key, _)| *key == name);
        assert!(value("RUSTUP_TOOLCHAIN").is_some_and(|(_, value)| value.is_none()));
        assert!(value("RUSTC").is_some_and(|(_, value)| value == Some("/usr/bin/rustc".as_ref())));
        Ok(())
    }
}
