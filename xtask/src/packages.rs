//! Programs from the system's package manager.
//!
//! On Debian and Ubuntu, as root (in a container or in CI), missing programs are installed.
//! Elsewhere nothing is changed, and an error says in one line what to install.

use std::ffi::OsStr;
use std::io::Seek;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::progress;

/// A program, how to find it, and the packages that contain it.
pub struct Program {
    /// The name for messages.
    pub name: &'static str,
    pub find: fn() -> Option<PathBuf>,
    pub debian: &'static [&'static str],
}

pub const POSTGRES: Program = Program {
    name: "PostgreSQL",
    find: || newest_postgres().or_else(|| process::find_program("initdb")),
    debian: &["postgresql"],
};

pub const REDIS: Program = Program {
    name: "Redis",
    find: || process::find_program("redis-server"),
    debian: &["redis-server"],
};

/// A mail relay that tests start themselves, and a browser that reads push messages. The program is a Python that has
/// the modules. `openssl` makes the certificates of the relay.
pub const SMTP: Program = Program {
    name: "aiosmtpd and cryptography for Python 3, with openssl",
    find: || python_with_aiosmtpd().filter(|_| process::find_program("openssl").is_some()),
    debian: &["python3-aiosmtpd", "python3-cryptography", "openssl"],
};

/// A shared cache in front of the application.
pub const NGINX: Program = Program {
    name: "nginx",
    find: || {
        process::find_program("nginx")
            .or_else(|| Some(PathBuf::from("/usr/sbin/nginx")).filter(|path| path.is_file()))
    },
    debian: &["nginx-light"],
};

pub const NODE: Program = Program {
    name: "Node.js with npm",
    find: || process::find_program("node").filter(|_| process::find_program("npm").is_some()),
    debian: &["nodejs", "npm"],
};

/// A Python that can create virtual environments with pip, which is a separate package in Debian.
pub const PYTHON: Program = Program {
    name: "Python 3 with venv",
    find: || process::find_program("python3").filter(|python| imports(python, "ensurepip")),
    debian: &["python3", "python3-venv"],
};

pub const CHROMIUM: Program = Program {
    name: "Chromium",
    find: || {
        let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
        named.filter(|path| path.is_file()).or_else(|| {
            ["chromium", "chromium-browser", "google-chrome"]
                .iter()
                .find_map(process::find_program)
        })
    },
    // Without any font, text has no size.
    debian: &["chromium", "fonts-liberation"],
};

/// A font with Japanese letters, for the screenshots of the documentation. Debian's fonts for Chromium have the letters
/// of all other languages.
pub const JAPANESE_FONT: Program = Program {
    name: "a font with Japanese letters",
    find: || {
        let mut list = Command::new(process::find_program("fc-list")?);
        let fonts = process::output(list.args([":lang=ja", "file"])).ok()?;
        let first = fonts.lines().next()?.trim_end_matches([':', ' ']);
        Some(PathBuf::from(first))
    },
    debian: &["fontconfig", "fonts-vlgothic"],
};

/// Installs those of `programs` that are missing, all at once.
///
/// # Errors
/// Returns an error if they cannot be installed here.
pub fn provide(programs: &[&Program]) -> Result<()> {
    let missing: Vec<&Program> = programs
        .iter()
        .copied()
        .filter(|program| (program.find)().is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|program| program.name).collect();
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|program| program.debian)
        .copied()
        .collect();
    install(&names.join(", "), &packages)?;
    for program in missing {
        located(program)?;
    }
    Ok(())
}

/// Returns the path of a program that [`provide`] has installed or found.
pub fn located(program: &Program) -> Result<PathBuf> {
    (program.find)().with_context(|| format!("{} cannot be found", program.name))
}

/// Installs Debian packages.
///
/// # Errors
/// Returns an error that says in one line what to install if this is not possible here.
pub fn install(what: &str, packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    let Some(apt_get) = process::find_program("apt-get").filter(|_| is_debian()) else {
        bail!("{what} is missing: please install it (on Debian and Ubuntu the packages {list})");
    };
    if !nix::unistd::geteuid().is_root() {
        bail!("{what} is missing: please run `sudo apt-get install {list}`");
    }
    progress::note(format_args!("{what} is missing: installing {list}"));
    let _policy = NoServices::declare();
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new(&apt_get);
        command
            .args(["-qq", "-y", "-o", "DPkg::Lock::Timeout=300"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        logged(&mut command)
    };
    // The old package list may be good enough, and a broken third-party source does not matter.
    if let Err(error) = apt_get(&["update"]) {
        process::check_interrupted()?;
        progress::note(format_args!("{error:#}"));
    }
    let mut arguments = vec!["install", "--no-install-recommends"];
    arguments.extend(packages);
    apt_get(&arguments).with_context(|| format!("cannot install {what}"))
}

/// Runs a command, and prints its output only if it fails.
fn logged(command: &mut Command) -> Result<()> {
    let mut log = tempfile::tempfile()?;
    let result = process::run(command.stdout(log.try_clone()?).stderr(log.try_clone()?));
    if result.is_err() {
        log.rewind()?;
        eprint!("{}", std::io::read_to_string(log)?);
    }
    result
}

/// A guard that prevents packages from starting their services while they are installed. The
/// default cluster of `postgresql` and the Redis on port 6379 are not used here.
struct NoServices(bool);

impl NoServices {
    const POLICY: &str = "/usr/sbin/policy-rc.d";

    fn declare() -> Self {
        // An existing policy is kept. Most containers have one that says the same.
        let created = !Path::new(Self::POLICY).exists()
            && std::fs::write(Self::POLICY, "#!/bin/sh\nexit 101\n").is_ok();
        if created {
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(Self::POLICY, executable).ok();
        }
        Self(created)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.0 {
            std::fs::remove_file(Self::POLICY).ok();
        }
    }
}

pub fn is_debian() -> bool {
    std::fs::read_to_string("/etc/os-release").is_ok_and(|text| describes_debian(&text))
}

fn describes_debian(os_release: &str) -> bool {
    os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")))
        .flat_map(|names| names.trim_matches('"').split_ascii_whitespace())
        .any(|name| name == "debian" || name == "ubuntu")
}

/// Finds `initdb` in the directories of PostgreSQL's versions, which Debian does not add to `PATH`.
fn newest_postgres() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .flatten()
        .filter(|entry| entry.path().join("bin/initdb").is_file())
        .max_by_key(|entry| version_number(&entry.file_name()))
        .map(|entry| entry.path().join("bin/initdb"))
}

/// Finds a Python that has `aiosmtpd` and `cryptography`. The first one in `PATH` may be from pyenv or a virtual
/// environment, which does not have Debian's modules; then it is the system's.
fn python_with_aiosmtpd() -> Option<PathBuf> {
    let system = PathBuf::from("/usr/bin/python3");
    let mut pythons = process::find_program("python3").into_iter().chain([system]);
    pythons.find(|python| imports(python, "aiosmtpd.smtp, cryptography"))
}

fn imports(python: &Path, module: &str) -> bool {
    let mut import = Command::new(python);
    import.args(["-c", &format!("import {module}")]);
    process::output(&mut import).is_ok()
}

fn version_number(name: &OsStr) -> u32 {
    name.to_str()
        .and_then(|name| name.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{describes_debian, version_number};

    #[test]
    fn debian_ubuntu_and_their_derivatives_are_recognised() {
        assert!(describes_debian(
            "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n"
        ));
        assert!(describes_debian("ID=ubuntu\nID_LIKE=debian\n"));
        assert!(describes_debian(
            "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"
        ));
    }

    #[test]
    fn other_systems_are_not_recognised_as_debian() {
        assert!(!describes_debian(
            "ID=fedora\nHOME_URL=\"https://debian.org\"\n"
        ));
    }

    #[test]
    fn postgresql_16_is_newer_than_postgresql_9() {
        assert!(version_number(OsStr::new("16")) > version_number(OsStr::new("9")));
    }
}
