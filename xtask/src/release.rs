//! `cargo xtask release`: builds one file that contains the server and the site.

mod check;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::process;
use crate::progress;
use crate::site;
use crate::wasm_target::Via;
use crate::workspace::{APP, Workspace};

/// Builds the site and then the server with the site inside, and prints the program's path, its
/// size and its SHA-256.
///
/// # Errors
/// Returns an error if anything does not compile, or if the site has no browser bundle.
pub fn run(workspace: &Workspace, via: Option<Via>) -> Result<ExitCode> {
    site::build(workspace, via, false, None)?;
    let site = workspace.site();
    let hash_file = site.join("hash.txt");
    let hashes =
        std::fs::read_to_string(&hash_file).with_context(|| hash_file.display().to_string())?;
    ensure!(
        hashes.contains("wasm:"),
        "the site was built without the browser bundle, which a release needs"
    );
    progress::step("server with the site inside", || {
        let mut build = workspace.cargo();
        build
            .args(["build", "--release", "--locked"])
            .args(["--package", APP, "--bin", APP, "--features", "embed-site"])
            .env("SITE_DIR", &site);
        process::run(&mut build)
    })?;
    let program = workspace.binary("release");
    progress::step("check of the release", || check::check(&program, &site))?;
    describe(&program)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the path of the program, its size in bytes and its SHA-256, one per line.
fn describe(program: &Path) -> Result<()> {
    let bytes = std::fs::read(program).with_context(|| program.display().to_string())?;
    println!("path    {}", program.display());
    println!("size    {} bytes", bytes.len());
    println!("sha256  {}", hex(&Sha256::digest(&bytes)));
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
