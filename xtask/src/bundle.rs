//! The browser bundle: the library compiled for the browser, and the script that loads it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::process;
use crate::wasm_target::Route;
use crate::workspace::{APP, Workspace, locked_version};

/// The profile in the workspace's `Cargo.toml` that is tuned for size.
const PROFILE: &str = "wasm";

/// The generated files. The script names no module: whoever loads it says which (Leptos does), so
/// both may be renamed.
pub struct Bundle {
    pub js: String,
    pub wasm: Vec<u8>,
    /// Scripts that the first one imports by relative path, if any.
    pub snippets: Vec<(PathBuf, Vec<u8>)>,
}

/// Compiles the library for the browser (cargo decides whether anything is to be done).
pub fn compile(workspace: &Workspace, route: &Route) -> Result<PathBuf> {
    check_versions(workspace)?;
    let mut cargo = route.cargo(workspace, "build");
    cargo
        .args(["--package", APP, "--lib", "--locked", "--profile", PROFILE])
        .args(["--no-default-features", "--features", "hydrate"]);
    process::run(&mut cargo).context("the browser bundle does not compile")?;
    let name = format!("{}.wasm", APP.replace('-', "_"));
    Ok(route.artifact(workspace, PROFILE, &name))
}

/// Generator and library speak a private language that changes with each version of theirs. The lock
/// file can hardly hold two versions (both want one `wasm-bindgen-shared`), but should it, then what
/// comes out otherwise is a riddle in the browser.
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

/// Turns the compiled library into what a browser loads.
pub fn generate(compiled: &Path) -> Result<Bundle> {
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

/// All files under `dir`, in one order on every machine; none if there is no such directory.
pub fn files_under(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        if !dir.is_dir() {
            continue;
        }
        let entries = std::fs::read_dir(&dir).with_context(|| dir.display().to_string())?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
