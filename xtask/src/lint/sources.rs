//! Reads the Rust files of a crate and determines the module of each file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::files::files_under;

/// A Rust source file with its module path.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path relative to the workspace, with `/` between its parts.
    pub path: String,
    /// The module path below the crate: `["jobs", "worker"]` for `src/jobs/worker.rs`, empty for
    /// `src/lib.rs`, and `["main"]` for `src/main.rs` beside a library.
    pub module: Vec<String>,
    pub text: String,
}

/// Reads all Rust files under `folder`, a crate's `src` relative to the workspace at `root`.
pub fn read(root: &Path, folder: &str) -> Result<Vec<SourceFile>> {
    let base = root.join(folder);
    let files: Vec<PathBuf> = files_under(&base)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    let has_library = base.join("lib.rs").is_file();
    files
        .iter()
        .map(|path| {
            let relative = path.strip_prefix(&base)?;
            Ok(SourceFile {
                path: path.strip_prefix(root)?.to_string_lossy().into_owned(),
                module: module_of(relative, has_library),
                text: std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
            })
        })
        .collect()
}

/// Returns the module path of a file. `relative` is its path in the crate's `src`.
fn module_of(relative: &Path, has_library: bool) -> Vec<String> {
    let mut module: Vec<String> = relative
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    match module.last().map(String::as_str) {
        Some("mod") => {
            module.pop();
        }
        Some("lib") if module.len() == 1 => module.clear(),
        Some("main") if module.len() == 1 && !has_library => module.clear(),
        _ => {}
    }
    module
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::module_of;

    #[test]
    fn both_module_styles_name_the_same_module() {
        let module = |path: &str| module_of(Path::new(path), true).join("::");
        assert_eq!(module("jobs/worker.rs"), "jobs::worker");
        assert_eq!(module("jobs.rs"), module("jobs/mod.rs"));
        assert_eq!(module("lib.rs"), "");
    }

    #[test]
    fn a_program_beside_a_library_is_a_separate_module() {
        assert_eq!(module_of(Path::new("main.rs"), true), ["main"]);
        assert!(module_of(Path::new("main.rs"), false).is_empty());
    }
}
