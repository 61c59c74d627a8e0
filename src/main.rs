//! The command line.

use std::process::ExitCode;

use clap::Parser;
use mini_compete::startup::{self, cli::Cli};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return startup::cli::refuse(&error),
    };
    startup::cli::run(cli)
}
