//! `cargo xtask serve`: builds everything and runs the demo, on a fresh machine too.

use std::net::{SocketAddr, TcpStream};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;

use crate::process::{self, Child};
use crate::progress;
use crate::site;
use crate::wasm_target::Via;
use crate::workspace::{APP, Workspace};

const DEFAULT_BIND: &str = "127.0.0.1:3000";

/// The profile in the workspace's `Cargo.toml` that is optimized, but compiles faster than a release.
const PROFILE: &str = "serve";

#[derive(clap::Args)]
pub struct Args {
    /// Build the server as the tests do: it compiles fastest and responds more slowly
    #[arg(long)]
    quick: bool,
    /// More arguments for `mini-compete serve --demo`
    #[arg(last = true)]
    pub server_args: Vec<String>,
}

pub fn run(workspace: &Workspace, via: Option<Via>, args: &Args) -> Result<ExitCode> {
    let folder = if args.quick { "debug" } else { PROFILE };
    let mut build = workspace.cargo();
    build.args(["build", "--locked"]);
    if args.quick {
        // With the features of the whole workspace, like the tests, so that dependencies are
        // compiled once.
        build.args(["--workspace", "--bin", APP, "--bin", site::BUILDER]);
    } else {
        build.args(["--profile", PROFILE, "--package", APP, "--bin", APP]);
    }
    if !workspace.binary(folder).exists() {
        progress::note(
            "the first build takes several minutes; later ones compile only what has changed",
        );
    }
    site::build(workspace, via, false, Some(build))?;

    let mut command = Command::new(workspace.binary(folder));
    command
        .current_dir(workspace.path(""))
        .args(["serve", "--demo"])
        .args(&args.server_args)
        .env("SITE_ROOT", workspace.site());
    let mut server = Child::spawn(&mut command)?;
    let bind = bind_address(&args.server_args, std::env::var("BIND").ok());
    let done = AtomicBool::new(false);
    let status = std::thread::scope(|scope| {
        scope.spawn(|| announce(&bind, &done));
        let status = server.wait();
        done.store(true, Ordering::SeqCst);
        status
    })?;
    Ok(ExitCode::from(process::exit_code(status)))
}

/// Prints the address of the server when it accepts connections.
fn announce(bind: &str, done: &AtomicBool) {
    let Ok(mut address) = bind.parse::<SocketAddr>() else {
        return;
    };
    // A browser cannot open the unspecified address.
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    while !done.load(Ordering::SeqCst) {
        if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
            let seconds = progress::elapsed().as_secs_f64();
            eprintln!("==> http://{address} is ready after {seconds:.1} s (Ctrl-C stops it)");
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Returns the address on which the server will listen: from its arguments, the variable `BIND`, or
/// the default.
fn bind_address(server_args: &[String], variable: Option<String>) -> String {
    let mut args = server_args.iter();
    while let Some(arg) = args.next() {
        match arg.strip_prefix("--bind") {
            Some("") => return args.next().cloned().unwrap_or_default(),
            Some(rest) => return rest.trim_start_matches('=').to_owned(),
            None => {}
        }
    }
    variable.unwrap_or_else(|| DEFAULT_BIND.to_owned())
}

#[cfg(test)]
mod tests {
    use super::bind_address;

    #[test]
    fn the_argument_overrides_the_variable_and_the_variable_the_default() {
        let args = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
        let variable = || Some("127.0.0.1:2".to_owned());
        assert_eq!(
            bind_address(&args(&["--bind", "[::1]:1"]), variable()),
            "[::1]:1"
        );
        assert_eq!(
            bind_address(&args(&["--bind=[::1]:1"]), variable()),
            "[::1]:1"
        );
        assert_eq!(
            bind_address(&args(&["--no-worker"]), variable()),
            "127.0.0.1:2"
        );
        assert_eq!(bind_address(&[], None), "127.0.0.1:3000");
    }
}
