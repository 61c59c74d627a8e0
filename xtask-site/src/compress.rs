//! Brotli and gzip beside each file, at their slowest settings: done once here, so that the server
//! sends the smallest files without any work of its own.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What a file weighs on disk and on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    pub raw: usize,
    pub gzip: usize,
    pub brotli: usize,
}

/// Pictures, fonts and archives are compressed already.
const COMPRESSIBLE: [&str; 11] = [
    "css",
    "html",
    "ico",
    "js",
    "json",
    "map",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
    "xml",
];

pub fn is_compressible(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| COMPRESSIBLE.contains(&extension))
}

/// Writes `content` to `path`, and `path.br` and `path.gz` beside it where they are smaller.
pub fn write(path: &Path, content: &[u8]) -> Result<Sizes> {
    put(path, content)?;
    let brotli = brotli(content)?;
    let gzip = gzip(content)?;
    for (extension, packed) in [("br", &brotli), ("gz", &gzip)] {
        if packed.len() < content.len() {
            put(&beside(path, extension), packed)?;
        }
    }
    Ok(Sizes {
        raw: content.len(),
        gzip: gzip.len(),
        brotli: brotli.len(),
    })
}

/// Writes a file, and the directories on the way to it.
pub fn put(path: &Path, content: &[u8]) -> Result<()> {
    let written = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, content));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// `a.js` and `br` make `a.js.br`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: content.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &content[..], &mut packed, &parameters).context("brotli")?;
    Ok(packed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).context("gzip")?;
    encoder.finish().context("gzip")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{is_compressible, write};

    #[test]
    fn text_is_compressed_and_pictures_are_not() {
        assert!(is_compressible(Path::new("icons/logo.svg")));
        assert!(is_compressible(Path::new("pkg/a.wasm")));
        assert!(!is_compressible(Path::new("icons/logo.png")));
        assert!(!is_compressible(Path::new("LICENSE")));
    }

    #[test]
    fn a_file_has_its_compressed_forms_beside_it() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("pkg/a.css");
        let sizes = write(&path, "a{color:red}".repeat(100).as_bytes())?;
        let on_disk = |name: &str| std::fs::metadata(dir.path().join(name)).map(|meta| meta.len());
        assert_eq!(sizes.raw, 1200);
        assert_eq!(on_disk("pkg/a.css.br")?, u64::try_from(sizes.brotli)?);
        assert_eq!(on_disk("pkg/a.css.gz")?, u64::try_from(sizes.gzip)?);
        Ok(())
    }

    #[test]
    fn a_compressed_form_that_is_larger_is_left_out() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        write(&dir.path().join("a.txt"), b"a")?;
        assert!(!dir.path().join("a.txt.gz").exists());
        Ok(())
    }
}
