//! Puts the site together: everything that the server sends as a file.
//!
//! This is the expensive part of `cargo xtask site`. It is a program of its own, so that `xtask` itself
//! compiles in seconds and starts building the server at once; this program is then compiled beside the
//! server. `cargo xtask` calls it with the library that it has compiled for the browser.

#![allow(
    clippy::print_stdout,
    reason = "a command-line tool: results go to standard output, progress to standard error"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

mod bundle;
mod compress;
mod css;
mod site;

#[derive(Parser)]
#[command(about = "Puts the site together in <target>/site; `cargo xtask site` calls this")]
struct Cli {
    /// The library compiled for the browser; without it the site has no bundle
    #[arg(long)]
    wasm: Option<PathBuf>,
    /// Build the site again although nothing changed
    #[arg(long)]
    force: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    xtask::run(|workspace| {
        site::build(workspace, cli.wasm.as_deref(), cli.force)?;
        Ok(ExitCode::SUCCESS)
    })
}
