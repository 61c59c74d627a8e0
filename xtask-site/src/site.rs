//! Assembles the directory of the site.
//!
//! ```text
//! <target>/site/                  SITE_ROOT
//!   site.json                     the manifest, for the server and for people
//!   hash.txt                      the hashes for Leptos: `js: <hash>` and so on, one file per line
//!   pkg/mini-compete.<hash>.js    each with .br and .gz variants
//!   pkg/mini-compete.<hash>.wasm
//!   pkg/mini-compete.<hash>.css
//!   …                             the files of public/, with unchanged names
//! ```
//!
//! Names under `pkg/` contain a hash of the content, so browsers may cache these files without
//! limit. Leptos reads `hash.txt` beside the running binary, so there are copies in
//! `<target>/debug` and `<target>/release`. `LEPTOS_HASH_FILE_NAME` may have the absolute path of
//! the one in the site instead.
//!
//! The new site is written to a temporary directory and then replaces the old one by renaming, so
//! that a running server never sees an incomplete site.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bundle::{self, Bundle};
use crate::compress::{self, Sizes};
use crate::css;
use xtask::files::files_under;
use xtask::progress;
use xtask::workspace::{APP, Workspace, locked_version};

const PKG: &str = "pkg";
const STYLE_ENTRY: &str = "style/main.css";
const PUBLIC: &str = "public";

/// The contents of `site.json`. Paths are relative to the site. A file that was not built is
/// `null`.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    js: Option<String>,
    wasm: Option<String>,
    css: Option<String>,
    /// The sizes by kind of file: `js`, `wasm` and `css`.
    sizes: BTreeMap<String, Sizes>,
}

/// Builds the site with the library that was `compiled` for the browser, unless the existing site
/// was built from the same inputs. The caller holds the lock of the site.
///
/// # Errors
/// Returns an error if a source is missing or unreadable, or if the site cannot be written.
pub fn build(workspace: &Workspace, compiled: Option<&Path>, force: bool) -> Result<()> {
    let style = style(workspace)?;
    let stamp = stamp(workspace, compiled, style.as_deref())?;
    let stamp_file = workspace.target("site.stamp");
    let same = std::fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp);
    if same && !force && workspace.site().join("site.json").is_file() {
        progress::note(format_args!("{} is up to date", workspace.site().display()));
    } else {
        // Before anything else, so that a failure does not leave the stamp of a complete site.
        std::fs::remove_file(&stamp_file).ok();
        let bundle = compiled
            .map(|compiled| bundle::generate(workspace, compiled))
            .transpose()?;
        assemble(workspace, bundle, style)?;
        compress::write(&stamp_file, stamp.as_bytes())?;
    }
    let site = workspace.site();
    copy_hashes(workspace, &site)?;
    report(&site)
}

fn style(workspace: &Workspace) -> Result<Option<String>> {
    let entry = workspace.path(STYLE_ENTRY);
    if !entry.is_file() {
        progress::note(format_args!("no style sheet: {STYLE_ENTRY} does not exist"));
        return Ok(None);
    }
    css::bundle(&entry).map(Some)
}

/// Returns a hash of all inputs of the site, including the source of this program.
fn stamp(workspace: &Workspace, compiled: Option<&Path>, style: Option<&str>) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut part = |label: &str, content: &[u8]| {
        hasher.update(label);
        hasher.update([0]);
        hasher.update(content.len().to_le_bytes());
        hasher.update(content);
    };
    for source in [
        include_str!("bundle.rs"),
        include_str!("compress.rs"),
        include_str!("site.rs"),
    ] {
        part("xtask", source.as_bytes());
    }
    let lock = std::fs::read_to_string(workspace.path("Cargo.lock"))?;
    let generator = locked_version(&lock, "wasm-bindgen-cli-support")?;
    part("wasm-bindgen", generator.as_bytes());
    if let Some(compiled) = compiled {
        part("wasm", &std::fs::read(compiled)?);
    }
    if let Some(style) = style {
        part("css", style.as_bytes());
    }
    let public = workspace.path(PUBLIC);
    for path in files_under(&public)? {
        let name = path.strip_prefix(&public)?.to_string_lossy().into_owned();
        part(&name, &std::fs::read(&path)?);
    }
    Ok(hex::encode(hasher.finalize()))
}

fn assemble(workspace: &Workspace, bundle: Option<Bundle>, style: Option<String>) -> Result<()> {
    let staging = tempfile::Builder::new()
        .prefix("site-")
        .tempdir_in(workspace.target(""))?;
    let root = staging.path();

    let public = workspace.path(PUBLIC);
    for path in files_under(&public)? {
        let to = root.join(path.strip_prefix(&public)?);
        let content = std::fs::read(&path)?;
        if compress::is_compressible(&path) {
            compress::write_with_variants(&to, &content)?;
        } else {
            compress::write(&to, &content)?;
        }
    }

    let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
    if let Some(bundle) = bundle {
        if !bundle.js.contains("export function hydrate(") {
            progress::note("the library exports no `hydrate`: islands will not be hydrated");
        }
        for (path, content) in bundle.snippets {
            compress::write_with_variants(&root.join(PKG).join(path), &content)?;
        }
        files.push(("js", bundle.js.into_bytes()));
        files.push(("wasm", bundle.wasm));
    }
    if let Some(style) = style {
        files.push(("css", style.into_bytes()));
    }

    let mut manifest = Manifest::default();
    let mut hashes = String::new();
    for (kind, content) in &files {
        let path = format!("{PKG}/{}", hashed_name(kind, content));
        let sizes = compress::write_with_variants(&root.join(&path), content)?;
        manifest.sizes.insert((*kind).to_owned(), sizes);
        hashes.push_str(&format!("{kind}: {}\n", hash(content)));
        match *kind {
            "js" => manifest.js = Some(path),
            "wasm" => manifest.wasm = Some(path),
            _ => manifest.css = Some(path),
        }
    }
    compress::write(&root.join("hash.txt"), hashes.as_bytes())?;
    let mut json = serde_json::to_vec_pretty(&manifest)?;
    json.push(b'\n');
    compress::write(&root.join("site.json"), &json)?;

    replace_site(staging, &workspace.site())
}

/// Replaces the old site by the finished directory.
fn replace_site(staging: tempfile::TempDir, site: &Path) -> Result<()> {
    // A temporary directory is readable by its owner only, but another account may run the server.
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(staging.path(), readable)?;
    let old = tempfile::Builder::new()
        .prefix("site-old-")
        .tempdir_in(site.parent().unwrap_or(site))?;
    if site.exists() {
        std::fs::rename(site, old.path().join("site"))?;
    }
    std::fs::rename(staging.keep(), site).context("cannot replace the site")
}

/// Copies the hashes to the directories of the binaries, where Leptos reads them.
fn copy_hashes(workspace: &Workspace, site: &Path) -> Result<()> {
    let hashes = std::fs::read(site.join("hash.txt"))?;
    for profile in ["debug", "release"] {
        compress::write(&workspace.target(profile).join("hash.txt"), &hashes)?;
    }
    Ok(())
}

fn report(site: &Path) -> Result<()> {
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(site.join("site.json"))?)?;
    let kb = |bytes: usize| format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100);
    let mut total = Sizes {
        raw: 0,
        gzip: 0,
        brotli: 0,
    };
    let line = |kind: &str, sizes: &Sizes| {
        progress::note(format_args!(
            "{kind:<5} {:>10} raw {:>10} gzip {:>10} brotli",
            kb(sizes.raw),
            kb(sizes.gzip),
            kb(sizes.brotli)
        ));
    };
    for (kind, sizes) in &manifest.sizes {
        line(kind, sizes);
        total.raw += sizes.raw;
        total.gzip += sizes.gzip;
        total.brotli += sizes.brotli;
    }
    line("all", &total);
    Ok(())
}

/// Returns 64 bits of the SHA-256 of the content, in hexadecimal digits.
fn hash(content: &[u8]) -> String {
    let mut hash = hex::encode(Sha256::digest(content));
    hash.truncate(16);
    hash
}

fn hashed_name(kind: &str, content: &[u8]) -> String {
    format!("{APP}.{}.{kind}", hash(content))
}

#[cfg(test)]
mod tests {
    use super::{Manifest, Sizes, hash, hashed_name, replace_site};

    #[test]
    fn a_name_depends_on_the_content_alone() {
        assert_eq!(hashed_name("css", b"a{}"), hashed_name("css", b"a{}"));
        assert_ne!(hashed_name("css", b"a{}"), hashed_name("css", b"b{}"));
        assert_eq!(hashed_name("js", b""), "mini-compete.e3b0c44298fc1c14.js");
    }

    #[test]
    fn a_hash_has_sixteen_digits_and_no_colon() {
        let hash = hash(b"content");
        assert_eq!(hash.len(), 16);
        assert!(hash.chars().all(|c| c.is_ascii_hexdigit()));
    }

    #[test]
    fn files_that_were_not_built_are_null_in_the_manifest() -> anyhow::Result<()> {
        let mut manifest = Manifest {
            css: Some("pkg/a.css".to_owned()),
            ..Manifest::default()
        };
        let sizes = Sizes {
            raw: 3,
            gzip: 2,
            brotli: 1,
        };
        manifest.sizes.insert("css".to_owned(), sizes);
        let json = serde_json::to_value(&manifest)?;
        assert_eq!(json["js"], serde_json::Value::Null);
        assert_eq!(json["sizes"]["css"]["brotli"], 1);
        Ok(())
    }

    #[test]
    fn a_new_site_replaces_the_old_one_completely() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let site = dir.path().join("site");
        for name in ["old", "new"] {
            let staging = tempfile::tempdir_in(dir.path())?;
            std::fs::write(staging.path().join(name), "")?;
            replace_site(staging, &site)?;
        }
        assert!(site.join("new").exists() && !site.join("old").exists());
        assert_eq!(std::fs::read_dir(dir.path())?.count(), 1);
        Ok(())
    }
}
