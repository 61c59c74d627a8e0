//! QR codes (ISO/IEC 18004), as modules and as the path of an SVG element.

use std::fmt::Write as _;

use fast_qr::qr::QRBuilder;

/// The empty modules around the code, which readers need.
const MARGIN: usize = 4;

/// A horizontal run of dark modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DarkRun {
    /// The column of the first module.
    pub x: usize,
    /// The row of all of them.
    pub y: usize,
    /// The number of modules.
    pub length: usize,
}

/// A QR code on a square of modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrModules {
    /// The width and the height in modules, with the empty margin.
    pub size: usize,
    /// The dark modules, from above.
    pub dark: Vec<DarkRun>,
}

impl QrModules {
    /// Returns the code of a text; `None` if the text is too long for one, about 2,300 bytes.
    #[must_use]
    pub fn of(content: &str) -> Option<Self> {
        let code = QRBuilder::new(content).build().ok()?;
        let mut dark = Vec::new();
        for row in 0..code.size {
            let modules = &code[row];
            let mut column = 0;
            while column < code.size {
                let length = modules[column..].iter().take_while(|it| it.value()).count();
                if length > 0 {
                    let (x, y) = (column + MARGIN, row + MARGIN);
                    dark.push(DarkRun { x, y, length });
                }
                column += length + 1;
            }
        }
        Some(Self {
            size: code.size + 2 * MARGIN,
            dark,
        })
    }
}

/// A QR code as the path of an SVG element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrPath {
    /// The width and the height in modules, with the empty margin.
    pub size: usize,
    /// The dark modules, as the `d` of a path on that square.
    pub dark: String,
}

impl QrPath {
    /// Returns the code of a text; `None` if the text is too long for one, about 2,300 bytes.
    #[must_use]
    pub fn of(content: &str) -> Option<Self> {
        let code = QrModules::of(content)?;
        let mut dark = String::new();
        // One rectangle for each run of dark modules.
        for DarkRun { x, y, length } in &code.dark {
            // Writing to a String can't fail.
            let _infallible = write!(dark, "M{x} {y}h{length}v1h-{length}z");
        }
        Some(Self {
            size: code.size,
            dark,
        })
    }

    /// Returns the code as an SVG document in which a module has this width, in pixels.
    #[must_use]
    pub fn document(&self, pixels: usize) -> String {
        let Self { size, dark } = self;
        let width = size * pixels;
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{width}" height="{width}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path fill="#000" d="{dark}"/></svg>"##
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_an_empty_margin_and_its_three_finder_patterns() {
        let code = QrPath::of("mc1.AZLwwXpLfD2OXwEjRWeJqw.AAECAwQFBgcICQoLDA0ODw").unwrap();
        let last = code.size - MARGIN - 7;
        for (x, y) in [(MARGIN, MARGIN), (last, MARGIN), (MARGIN, last)] {
            let top = format!("M{x} {y}h7v1h-7z");
            assert!(code.dark.contains(&top), "{top} in {}", code.dark);
        }
        assert!(!code.dark.contains("M3 ") && !code.dark.contains(" 3h"));
    }

    #[test]
    fn a_text_that_is_too_long_has_no_code() {
        assert_eq!(QrPath::of(&"x".repeat(5_000)), None);
    }
}
