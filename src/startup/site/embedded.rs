//! The files of the site that are compiled into the program: all of the folder that `SITE_DIR` named
//! while the program was compiled with the feature `embed-site`, none without the feature.

use std::path::Path;

/// One file of the site.
#[derive(Debug, Clone, Copy)]
pub(super) struct EmbeddedFile {
    /// The path below the site's folder.
    pub path: &'static Path,
    /// The bytes, as `cargo xtask site` wrote them.
    pub contents: &'static [u8],
}

/// Returns all embedded files.
#[cfg(feature = "embed-site")]
pub(super) fn files() -> Vec<EmbeddedFile> {
    use include_dir::{Dir, DirEntry, include_dir};

    // `include_dir!` reads the variable in a way that cargo does not see; with this, another folder
    // means another build.
    const _: &str = env!(
        "SITE_DIR",
        "the feature `embed-site` needs SITE_DIR, the folder that `cargo xtask site` has built"
    );

    static SITE: Dir<'static> = include_dir!("$SITE_DIR");

    fn collect(folder: &'static Dir<'static>, files: &mut Vec<EmbeddedFile>) {
        for entry in folder.entries() {
            match entry {
                DirEntry::Dir(folder) => collect(folder, files),
                DirEntry::File(file) => files.push(EmbeddedFile {
                    path: file.path(),
                    contents: file.contents(),
                }),
            }
        }
    }

    let mut files = Vec::new();
    collect(&SITE, &mut files);
    files
}

/// Returns no file: the program was compiled without the feature `embed-site`.
#[cfg(not(feature = "embed-site"))]
pub(super) fn files() -> Vec<EmbeddedFile> {
    Vec::new()
}
