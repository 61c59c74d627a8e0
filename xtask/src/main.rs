//! The project's commands: everything that people and CI do with this repository and that takes
//! more than one `cargo` command.
//!
//! | command | what it does |
//! | --- | --- |
//! | `cargo xtask serve` | builds an optimized server and the browser bundle, and runs the demo |
//! | `cargo xtask test` | runs the unit, integration, browser and contract tests with the services that they need |
//! | `cargo xtask site` | builds the browser bundle, the style sheet and the static files |
//! | `cargo xtask release` | builds the server for production, with the site inside: one file |
//! | `cargo xtask bench` | measures the server under load, compares it with PostgreSQL alone, and checks the data |
//! | `cargo xtask lint` | checks formatting, imports, documentation, lints, spelling and dependencies |
//! | `cargo xtask services` | starts a throw-away PostgreSQL and Redis for development |

use std::{ffi::OsString, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

use xtask::{
    lint, process, release, serve, services, site, test, wasm_target, workspace::Workspace,
};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's commands")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Get the wasm32 target in this way only (to test each way on one machine)
    #[arg(long, global = true, hide = true, env = "XTASK_WASM_VIA")]
    wasm_via: Option<wasm_target::Via>,
}

#[derive(Subcommand)]
enum Command {
    /// Build an optimized server and the browser bundle, and run the demo (with SQLite, without
    /// services)
    Serve(serve::Args),
    /// Run the unit, integration, browser and contract tests with the services that they need
    Test(test::Args),
    /// Build the browser bundle, the style sheet and the static files into target/site
    Site(site::Args),
    /// Build the server for production with the site inside: one file
    Release,
    /// Measure the release server under load, and compare it with PostgreSQL alone on this machine
    #[command(disable_help_flag = true)]
    Bench {
        /// Arguments of the benchmark; `--help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Check formatting, imports, documentation, lints, spelling and dependencies
    Lint(lint::Args),
    /// Start a throw-away PostgreSQL and Redis and print their addresses
    Services(services::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    xtask::run(|workspace| dispatch(workspace, cli))
}

fn dispatch(workspace: &Workspace, cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Serve(args) => serve::run(workspace, cli.wasm_via, &args),
        Command::Test(args) => test::run(workspace, cli.wasm_via, &args),
        Command::Site(args) => site::run(workspace, cli.wasm_via, &args),
        Command::Release => release::run(workspace, cli.wasm_via),
        Command::Bench { args } => bench(workspace, &args),
        Command::Lint(args) => lint::run(workspace, &args),
        Command::Services(args) => services::run(&args),
    }
}

/// Runs the benchmark (`bench/`). It is a separate program, so that other commands do not compile
/// it.
fn bench(workspace: &Workspace, args: &[OsString]) -> Result<ExitCode> {
    let mut cargo = workspace.cargo();
    cargo
        .args(["run", "--quiet", "--locked", "--package", "bench", "--"])
        .args(args);
    let status = process::Child::spawn_in_foreground(&mut cargo)?.wait()?;
    Ok(ExitCode::from(process::exit_code(status)))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Cli, Command};

    const DOCUMENTS: [&str; 3] = [
        include_str!("../../README.md"),
        include_str!("../../CONTRIBUTING.md"),
        include_str!("../../docs/OPERATIONS.md"),
    ];

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn arguments_after_two_dashes_are_passed_to_the_server() {
        let cli = Cli::try_parse_from(["xtask", "serve", "--", "--no-worker", "--bind", "[::1]:1"]);
        let Ok(Command::Serve(args)) = cli.map(|cli| cli.command) else {
            panic!("serve is not accepted");
        };
        assert_eq!(args.server_args, ["--no-worker", "--bind", "[::1]:1"]);
    }

    #[test]
    fn an_unknown_kind_of_test_is_rejected() {
        assert!(Cli::try_parse_from(["xtask", "test", "--only", "smoke"]).is_err());
    }

    #[test]
    fn every_command_in_the_documents_is_valid() {
        let mut tried = 0;
        for line in DOCUMENTS.iter().flat_map(|document| document.lines()) {
            for shown in line.split("cargo xtask ").skip(1) {
                let end = shown.find(['`', '#', '&', '|', '\n']);
                let shown = &shown[..end.unwrap_or(shown.len())];
                let words = std::iter::once("xtask").chain(shown.split_whitespace());
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("cargo xtask {shown}: {error}");
                }
                tried += 1;
            }
        }
        assert!(tried > 8, "{tried} commands");
    }
}
