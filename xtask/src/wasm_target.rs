//! Where the compiler for the browser comes from.
//!
//! In order: the target is there already; rustup adds it; on Debian and Ubuntu, where rustup's server
//! may be out of reach, the distribution's own compiler with the source of its standard library. The
//! last one has no ready-made standard library for the browser, so cargo builds that too
//! (`-Z build-std`), and Debian ships no linker for it, so rustup's own is used.

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
/// rustup has no time-out of its own that is worth the name.
const RUSTUP_TIME: Duration = Duration::from_secs(300);

/// One way to the target, for `--wasm-via`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// The toolchain as it is
    Installed,
    /// Add it with `rustup target add`
    Rustup,
    /// The packages of Debian and Ubuntu
    Debian,
    /// No bundle, as on a machine where no target can be had
    None,
}

/// A way that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The workspace's own toolchain has the target.
    Toolchain,
    /// Debian's cargo and rustc, and this linker.
    Debian { linker: PathBuf },
}

impl Route {
    /// The cargo to build with: `build` and its own arguments are to follow.
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
                // What rustup's proxies and the toolchain in use have set would lead Debian's cargo
                // back to that toolchain (or its libraries into Debian's compiler).
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

    /// Two compilers in one build directory would throw out each other's work at each turn.
    fn target_dir(&self, workspace: &Workspace) -> PathBuf {
        match self {
            Self::Toolchain => workspace.target(""),
            Self::Debian { .. } => workspace.target("wasm-debian"),
        }
    }

    /// Where a build with `profile` leaves the file `name`.
    pub fn artifact(&self, workspace: &Workspace, profile: &str, name: &str) -> PathBuf {
        self.target_dir(workspace)
            .join(TRIPLE)
            .join(profile)
            .join(name)
    }
}

/// Gets the target, by the way that is asked for or by the first that works. `None`, with one line
/// that says why, means that there is none to be had.
pub fn provide(workspace: &Workspace, via: Option<Via>) -> Result<Option<Route>> {
    let ways: &[Via] = match &via {
        Some(via) => std::slice::from_ref(via),
        None => &[Via::Installed, Via::Rustup, Via::Debian],
    };
    let mut reasons = Vec::new();
    for way in ways {
        match follow(workspace, *way) {
            Ok(route) => return Ok(Some(route)),
            Err(reason) => {
                process::check_interrupted()?;
                reasons.push(format!("{reason:#}"));
            }
        }
    }
    progress::note(format_args!(
        "no browser bundle, pages work without scripts: no {TRIPLE} to be had ({})",
        reasons.join("; ").replace('\n', " ")
    ));
    Ok(None)
}

fn follow(workspace: &Workspace, way: Via) -> Result<Route> {
    match way {
        Via::Installed if is_installed() => Ok(Route::Toolchain),
        Via::Installed => bail!("not installed"),
        Via::Rustup => add_with_rustup(),
        Via::Debian => take_debians(workspace),
        Via::None => bail!("asked for none"),
    }
}

/// The compiler that the workspace's cargo would call.
fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// Whether the toolchain in use has a standard library for the browser.
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
    let begin = std::time::Instant::now();
    let status = loop {
        if let Some(status) = child.poll()? {
            break status;
        }
        if begin.elapsed() > RUSTUP_TIME {
            bail!("rustup gave no answer in {} s", RUSTUP_TIME.as_secs());
        }
        process::pause(Duration::from_millis(50))?;
    };
    if !status.success() || !is_installed() {
        bail!("rustup cannot add it");
    }
    Ok(Route::Toolchain)
}

fn take_debians(workspace: &Workspace) -> Result<Route> {
    let present = || {
        [DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_STD]
            .iter()
            .all(|path| Path::new(path).exists())
    };
    if !packages::is_debian() {
        bail!("neither Debian nor Ubuntu");
    }
    // Looked for first: it cannot be installed, and the packages are large.
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

/// The linker for the browser: rustup's own, or LLVM's if that is installed.
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
        .context("no linker for it (rust-lld, wasm-ld)")
}

#[cfg(test)]
mod tests {
    use super::{Route, TRIPLE};
    use crate::workspace::Workspace;

    #[test]
    fn debians_compiler_builds_into_a_directory_of_its_own() -> anyhow::Result<()> {
        let workspace = Workspace::find()?;
        let debian = Route::Debian {
            linker: "/usr/bin/wasm-ld".into(),
        };
        let theirs = debian.artifact(&workspace, "wasm", "a.wasm");
        let ours = Route::Toolchain.artifact(&workspace, "wasm", "a.wasm");
        assert_ne!(theirs, ours);
        assert!(ours.ends_with(format!("{TRIPLE}/wasm/a.wasm")));
        Ok(())
    }

    #[test]
    fn debians_cargo_hears_nothing_of_the_toolchain_in_use() -> anyhow::Result<()> {
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
