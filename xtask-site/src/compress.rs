//! Writes a Brotli and a gzip variant of each file with the slowest settings, so that the server
//! sends the smallest possible files without compressing them.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// The size of a file in bytes, uncompressed and compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    pub raw: usize,
    pub gzip: usize,
    pub brotli: usize,
}

/// The extensions of files that are compressed. Images, fonts and archives are compressed already.
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

/// Writes `content` to `path`, and its variants to `path.br` and `path.gz` if they are smaller.
pub fn write_with_variants(path: &Path, content: &[u8]) -> Result<Sizes> {
    write(path, content)?;
    let brotli = brotli(content)?;
    let gzip = gzip(content)?;
    for (extension, packed) in [("br", &brotli), ("gz", &gzip)] {
        if packed.len() < content.len() {
            write(&with_suffix(path, extension), packed)?;
        }
    }
    Ok(Sizes {
        raw: content.len(),
        gzip: gzip.len(),
        brotli: brotli.len(),
    })
}

/// Writes a file, and creates its parent directories.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let written = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, content));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Appends an extension to a path: `a.js` and `br` make `a.js.br`.
fn with_suffix(path: &Path, extension: &str) -> PathBuf {
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

    use super::{is_compressible, write_with_variants};

    #[test]
    fn text_is_compressed_and_images_are_not() {
        assert!(is_compressible(Path::new("icons/logo.svg")));
        assert!(is_compressible(Path::new("pkg/a.wasm")));
        assert!(!is_compressible(Path::new("icons/logo.png")));
        assert!(!is_compressible(Path::new("LICENSE")));
    }

    #[test]
    fn a_file_gets_compressed_variants() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("pkg/a.css");
        let sizes = write_with_variants(&path, "a{color:red}".repeat(100).as_bytes())?;
        let on_disk = |name: &str| std::fs::metadata(dir.path().join(name)).map(|meta| meta.len());
        assert_eq!(sizes.raw, 1200);
        assert_eq!(on_disk("pkg/a.css.br")?, u64::try_from(sizes.brotli)?);
        assert_eq!(on_disk("pkg/a.css.gz")?, u64::try_from(sizes.gzip)?);
        Ok(())
    }

    #[test]
    fn a_variant_that_is_larger_is_not_written() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        write_with_variants(&dir.path().join("a.txt"), b"a")?;
        assert!(!dir.path().join("a.txt.gz").exists());
        Ok(())
    }
}
