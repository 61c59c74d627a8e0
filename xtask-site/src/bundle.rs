//! The browser bundle: the script and the module that `wasm-bindgen` makes of the compiled library.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use xtask::files::files_under;
use xtask::workspace::{APP, Workspace, locked_version};

/// The generated files. The script does not name the module: the page that loads it does (Leptos writes
/// that), so both may be renamed.
pub struct Bundle {
    pub js: String,
    pub wasm: Vec<u8>,
    /// The scripts that `js` imports by a relative path.
    pub snippets: Vec<(PathBuf, Vec<u8>)>,
}

/// Fails unless the generator has the version of the library. They share a private format that changes
/// with each version; with two versions the bundle would fail in the browser for no visible reason.
fn check_versions(workspace: &Workspace) -> Result<()> {
    let lock = std::fs::read_to_string(workspace.path("Cargo.lock")).context("Cargo.lock")?;
    let library = locked_version(&lock, "wasm-bindgen")?;
    let generator = locked_version(&lock, "wasm-bindgen-cli-support")?;
    if library != generator {
        bail!(
            "Cargo.lock holds wasm-bindgen {library} but wasm-bindgen-cli-support {generator}: \
             `cargo update -p wasm-bindgen-cli-support --precise {library}` makes them equal"
        );
    }
    Ok(())
}

/// Turns the compiled library into the files that a browser loads.
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
