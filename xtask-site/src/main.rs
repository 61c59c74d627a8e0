//! Assembles the site: all files that the server sends.
//!
//! This is the part of `cargo xtask site` with expensive dependencies. It is a separate program, so
//! that `xtask` compiles in seconds and starts building the server at once, while this program is
//! compiled at the same time. `cargo xtask` calls it with the library that it has compiled for the
//! browser.

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
#[command(about = "Assembles the site in <target>/site; `cargo xtask site` calls this program")]
struct Cli {
    /// The library compiled for the browser; without it the site has no bundle
    #[arg(long)]
    wasm: Option<PathBuf>,
    /// Build the site even if nothing has changed
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
