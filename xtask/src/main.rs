//! The project's own commands: everything a person or a CI machine does with this repository that is
//! more than one plain `cargo` call.
//!
//! | command | what it does |
//! | --- | --- |
//! | `cargo xtask serve` | builds server and browser bundle for release, then serves the demo |
//! | `cargo xtask test` | unit, integration, browser and contract tests, with the services they need |
//! | `cargo xtask site` | the browser bundle, the style sheet and the static files alone |
//! | `cargo xtask bench` | how fast the server is, beside what the machine could do, and whether it stays right |
//! | `cargo xtask lint` | formatting and clippy, for the server and for the browser; the dependencies |
//! | `cargo xtask services` | a throw-away PostgreSQL and Redis to develop against |
//!
//! Two promises shape the code. *A fresh machine is enough*: what a command needs and does not find,
//! it gets itself ([`packages`], [`wasm_target`]) or names in one line. *Nothing stays behind*: every
//! process that is started here belongs to a guard which ends it on success, failure, panic and
//! interrupt alike ([`process`], [`orphans`], [`services`]).

#![allow(
    clippy::print_stdout,
    reason = "a command-line tool: results go to standard output, progress to standard error"
)]

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod bench;
mod bundle;
mod compress;
mod contract;
mod css;
mod dependencies;
mod lint;
mod node;
mod orphans;
mod packages;
mod process;
mod progress;
mod serve;
mod services;
mod site;
mod tally;
mod test;
mod wasm_target;
mod workspace;

use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Take the wasm32 target from this place only (to try each route on one machine)
    #[arg(long, global = true, hide = true, env = "XTASK_WASM_VIA")]
    wasm_via: Option<wasm_target::Via>,
}

#[derive(Subcommand)]
enum Command {
    /// Build server and browser bundle for release, then serve the demo (SQLite, no service needed)
    Serve(serve::Args),
    /// Run the unit, integration, browser and contract tests with everything they need
    Test(test::Args),
    /// Build the browser bundle, the style sheet and the static files into target/site
    Site(site::Args),
    /// Measure the release server under load, beside what PostgreSQL alone does on this machine
    Bench(bench::Args),
    /// Check formatting, run clippy for the server and for the browser, and check the dependencies
    Lint,
    /// Start a throw-away PostgreSQL and Redis and print their addresses
    Services(services::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            let code = error
                .downcast_ref::<process::Interrupted>()
                .map_or(1, process::Interrupted::exit_code);
            ExitCode::from(code)
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    progress::start_clock();
    process::catch_interrupts()?;
    let workspace = Workspace::find()?;
    match cli.command {
        Command::Serve(args) => serve::run(&workspace, cli.wasm_via, &args),
        Command::Test(args) => test::run(&workspace, cli.wasm_via, &args),
        Command::Site(args) => site::run(&workspace, cli.wasm_via, &args),
        Command::Bench(args) => bench::run(&workspace, &args),
        Command::Lint => lint::run(&workspace),
        Command::Services(args) => services::run(&args),
    }
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
    fn what_follows_two_dashes_goes_to_the_server_untouched() {
        let cli = Cli::try_parse_from(["xtask", "serve", "--", "--no-worker", "--bind", "[::1]:1"]);
        let Ok(Command::Serve(args)) = cli.map(|cli| cli.command) else {
            panic!("serve is not accepted");
        };
        assert_eq!(args.server_args, ["--no-worker", "--bind", "[::1]:1"]);
    }

    #[test]
    fn an_unknown_kind_of_test_is_refused() {
        assert!(Cli::try_parse_from(["xtask", "test", "--only", "smoke"]).is_err());
    }

    #[test]
    fn every_command_that_the_documents_show_is_one() {
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
