//! Bundles the style sheet: the entry point and all files that it imports become one file.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};
use lightningcss::targets::{Browsers, Targets};

/// Returns the browsers of mid-2024 as targets. They support nesting, `:has()`, container queries,
/// `oklch()` and `light-dark()`, so these are not translated.
fn browsers() -> Targets {
    const fn version(major: u32, minor: u32) -> Option<u32> {
        Some(major << 16 | minor << 8)
    }
    Targets::from(Browsers {
        android: None,
        chrome: version(123, 0),
        edge: version(123, 0),
        firefox: version(121, 0),
        ios_saf: version(17, 5),
        opera: version(109, 0),
        safari: version(17, 5),
        samsung: version(27, 0),
        ie: None,
    })
}

/// Bundles and minifies the style sheet with the entry point `entry`.
pub fn bundle(entry: &Path) -> Result<String> {
    let files = FileProvider::new();
    // The errors borrow from `files`, hence their text.
    let mut sheet = Bundler::new(&files, None, ParserOptions::default())
        .bundle(entry)
        .map_err(|error| anyhow!("style sheet: {error}"))?;
    let targets = browsers();
    sheet
        .minify(MinifyOptions {
            targets,
            ..MinifyOptions::default()
        })
        .map_err(|error| anyhow!("style sheet: {error}"))?;
    let printed = sheet
        .to_css(PrinterOptions {
            minify: true,
            targets,
            ..PrinterOptions::default()
        })
        .map_err(|error| anyhow!("style sheet: {error}"))?;
    Ok(printed.code)
}

#[cfg(test)]
mod tests {
    use super::bundle;

    #[test]
    fn imported_files_become_part_of_the_bundle() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("tokens.css"), ":root { --text: black }")?;
        let entry = dir.path().join("main.css");
        std::fs::write(
            &entry,
            "@import './tokens.css';\nbody { color: var(--text); }",
        )?;
        assert_eq!(
            bundle(&entry)?,
            ":root{--text:black}body{color:var(--text)}"
        );
        Ok(())
    }

    #[test]
    fn features_that_the_browsers_support_are_not_translated() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let entry = dir.path().join("main.css");
        std::fs::write(&entry, "a { &:hover { color: light-dark(#000, #fff) } }")?;
        assert_eq!(bundle(&entry)?, "a{&:hover{color:light-dark(#000,#fff)}}");
        Ok(())
    }

    #[test]
    fn a_missing_import_is_an_error_with_its_name() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let entry = dir.path().join("main.css");
        std::fs::write(&entry, "@import './gone.css';")?;
        let error = bundle(&entry).map_err(|error| format!("{error:#}"));
        assert!(error.is_err_and(|error| error.contains("main.css") || error.contains("gone.css")));
        Ok(())
    }
}
