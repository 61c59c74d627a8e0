//! Generates the browser bundle: the JavaScript and the WebAssembly module that `wasm-bindgen`
//! makes from the compiled library.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use xtask::files::files_under;
use xtask::workspace::{APP, Workspace, locked_version};

/// The generated files. Both may be renamed, because the script does not contain the name of the
/// module: the page does, and Leptos writes it.
pub struct Bundle {
    pub js: String,
    pub wasm: Vec<u8>,
    /// The scripts that `js` imports by a relative path.
    pub snippets: Vec<(PathBuf, Vec<u8>)>,
}

/// Checks that the generator and the library have the same version. They share a private format
/// that changes with each version, so a bundle of two versions would fail in the browser.
///
/// # Errors
/// Returns an error that says how to make the versions equal.
fn check_versions(workspace: &Workspace) -> Result<()> {
    let lock = std::fs::read_to_string(workspace.path("Cargo.lock")).context("Cargo.lock")?;
    let library = locked_version(&lock, "wasm-bindgen")?;
    let generator = locked_version(&lock, "wasm-bindgen-cli-support")?;
    if library != generator {
        bail!(
            "Cargo.lock contains wasm-bindgen {library} but wasm-bindgen-cli-support {generator}: \
             `cargo update -p wasm-bindgen-cli-support --precise {library}` makes them equal"
        );
    }
    Ok(())
}

/// Generates the files that a browser loads from the compiled library.
///
/// # Errors
/// Returns an error if `wasm-bindgen` fails, or if its version is not that of the library.
pub fn generate(workspace: &Workspace, compiled: &Path) -> Result<Bundle> {
    check_versions(workspace)?;
    let out = tempfile::tempdir()?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(compiled)
        .out_name(APP)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out.path())
        .context("wasm-bindgen")?;
    let js = std::fs::read_to_string(out.path().join(format!("{APP}.js")))?;
    let wasm = std::fs::read(out.path().join(format!("{APP}_bg.wasm")))?;
    let mut snippets = Vec::new();
    for path in files_under(&out.path().join("snippets"))? {
        let content = std::fs::read(&path)?;
        snippets.push((path.strip_prefix(out.path())?.to_path_buf(), content));
    }
    Ok(Bundle { js, wasm, snippets })
}
