//! The entry point of the command line.

use std::process::ExitCode;

use clap::Parser;
use mini_compete::startup::{self, commands::Cli};

/// A request is some hundred small allocations, made on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return startup::report_error(&error),
    };
    startup::commands::run(cli)
}
