//! Certificates and badges as PDF.
//!
//! A document is a pure function of what it says and of the fonts: the same input gives the same bytes. The crate knows
//! no language. It gets every sentence as text, breaks it into lines, and writes it in the direction and with the glyphs
//! that its script needs.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`fonts`] | finds fonts: those that the program ships, and those of the machine |
//! | `text` | fits a text into a box: smaller, on several lines, or shortened |
//! | `canvas` | draws on a page, and says what each part is for those who hear it |
//! | [`certificate`](certificate()) | one certificate on a page |
//! | [`badges`](badges()) | badges on sheets, with cut marks |

mod badges;
mod canvas;
mod certificate;
pub mod fonts;
mod text;

pub use badges::{Badge, BadgeLayout, BadgeSheets, MOST_BADGES, badges};
pub use certificate::{Certificate, certificate};
pub use fonts::Fonts;

/// The longest text that a document shows, in characters.
pub const LONGEST_TEXT: usize = 400;
/// The largest QR code, in modules.
const LARGEST_CODE: u16 = 200;

/// A document that is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The content of the file.
    pub pdf: Vec<u8>,
    /// The number of characters for which no font has a glyph. They are shown as empty boxes.
    pub missing_glyphs: usize,
}

/// Why a document can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// A text is longer than [`LONGEST_TEXT`].
    #[error("a text of {0} characters is too long for a document")]
    TextTooLong(usize),
    /// There are more badges than [`MOST_BADGES`].
    #[error("{0} badges are too many for a document")]
    TooManyBadges(usize),
    /// A QR code has more modules than any real one.
    #[error("a QR code of {0} modules is too large")]
    CodeTooLarge(u16),
    /// The library could not write the file.
    #[error("could not write the PDF: {0}")]
    Write(String),
}

/// A QR code: dark modules on a square.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    /// The width and the height in modules, with the empty margin.
    pub size: u16,
    /// Horizontal runs of dark modules: the column and the row of the first, and their number.
    pub runs: Vec<(u16, u16, u16)>,
}

impl QrCode {
    fn check(&self) -> Result<(), PdfError> {
        match self.size <= LARGEST_CODE && self.runs.len() <= usize::from(LARGEST_CODE).pow(2) {
            true => Ok(()),
            false => Err(PdfError::CodeTooLarge(self.size)),
        }
    }
}

/// The language of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The language as a tag of BCP 47, such as `ar`.
    pub language: String,
    /// Whether it is written from right to left: then the page is mirrored.
    pub right_to_left: bool,
}

/// Returns a text without what can't stand in a line of it.
///
/// # Errors
/// Returns [`PdfError::TextTooLong`] if it has more than [`LONGEST_TEXT`] characters.
fn line(text: &str) -> Result<String, PdfError> {
    let length = text.chars().count();
    if length > LONGEST_TEXT {
        return Err(PdfError::TextTooLong(length));
    }
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    Ok(words.join(" "))
}
