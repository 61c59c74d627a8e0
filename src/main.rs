//! The entry point of the command line.

use std::process::ExitCode;

use clap::Parser;
use mini_compete::startup::{self, commands::Cli};

mod allocator;

fn main() -> ExitCode {
    allocator::return_free_memory_at_intervals();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return startup::report_error(&error),
    };
    startup::commands::run(cli)
}
