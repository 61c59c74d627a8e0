//! The implementation of the project's commands. `main.rs` is their command line; the benchmark
//! (`bench/`) uses the same services and processes.
//!
//! Two rules shape the code. *A fresh machine is enough*: a command installs what it needs
//! ([`packages`], [`wasm_target`]), or says in one line what to install. *Nothing stays behind*:
//! every process that is started here belongs to a guard, which ends it after success, failure, a
//! panic and an interrupt ([`process`], [`orphans`], [`services`]).

#![allow(
    clippy::print_stdout,
    reason = "a command-line tool: results go to standard output, progress to standard error"
)]

use std::process::ExitCode;

use anyhow::Result;

pub mod app;
mod contract;
mod dependencies;
pub mod files;
pub mod lint;
mod node;
pub mod orphans;
pub mod packages;
pub mod process;
pub mod progress;
pub mod release;
pub mod serve;
pub mod services;
pub mod site;
mod tally;
pub mod test;
mod tools;
pub mod wasm_target;
pub mod workspace;

use workspace::Workspace;

/// Runs a command of this workspace. Handles interrupts, prints an error, and returns the exit
/// code.
pub fn run(command: impl FnOnce(&Workspace) -> Result<ExitCode>) -> ExitCode {
    progress::start_clock();
    let result = process::catch_interrupts()
        .and_then(|()| Workspace::find())
        .and_then(|workspace| command(&workspace));
    match result {
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
