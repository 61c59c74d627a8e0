//! The style sheet: one file out of the entry and everything it imports.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};
use lightningcss::targets::{Browsers, Targets};

/// The browsers of mid-2024: from there on nesting, `:has()`, container queries, `oklch()` and
/// `light-dark()` are understood, and pass through as written. Older ones get what can be translated.
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

/// Bundles and minifies the style sheet that begins with `entry`.
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
    fn what_the_entry_imports_is_part_of_the_one_file() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("tokens.css"), ":root { --foreground: black }")?;
        let entry = dir.path().join("main.css");
        std::fs::write(
            &entry,
            "@import './tokens.css';\nbody { color: var(--foreground); }",
        )?;
        assert_eq!(bundle(&entry)?, ":root{--foreground:black}body{color:var(--foreground)}");
        Ok(())
    }

    #[test]
    fn what_browsers_understand_stays_as_it_is_written() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let entry = dir.path().join("main.css");
        std::fs::write(&entry, "a { &:hover { color: light-dark(#000, #fff) } }")?;
        assert_eq!(bundle(&entry)?, "a{&:hover{color:light-dark(#000,#fff)}}");
        Ok(())
    }

    #[test]
    fn an_import_that_leads_nowhere_is_an_error_that_names_it() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let entry = dir.path().join("main.css");
        std::fs::write(&entry, "@import './gone.css';")?;
        let error = bundle(&entry).map_err(|error| format!("{error:#}"));
        assert!(error.is_err_and(|error| error.contains("main.css") || error.contains("gone.css")));
        Ok(())
    }
}
