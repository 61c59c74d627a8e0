//! The fonts of pictures. Two of them are a part of the program: pictures are the same on every machine. Pictures for one
//! person may use the fonts of the machine, too, for words that these two lack.

use std::{
    fs,
    sync::{Arc, LazyLock},
};

use resvg::usvg::{
    FontResolver,
    fontdb::{Database, ID, Source},
};
use skrifa::{FontRef, MetadataProvider};

/// DejaVu Sans Condensed, which covers Latin, Greek, Cyrillic, Arabic and more.
pub(in crate::domain) const REGULAR: &[u8] =
    include_bytes!("../../../assets/fonts/DejaVuSansCondensed.ttf");
/// DejaVu Sans Condensed Bold.
pub(in crate::domain) const BOLD: &[u8] =
    include_bytes!("../../../assets/fonts/DejaVuSansCondensed-Bold.ttf");

/// Returns both fonts, parsed at the first use.
pub(super) fn database() -> Arc<Database> {
    static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut fonts = Database::new();
        for font in [REGULAR, BOLD] {
            fonts.load_font_source(Source::Binary(Arc::new(font)));
        }
        Arc::new(fonts)
    });
    Arc::clone(&FONTS)
}

/// Returns both fonts with the Noto fonts for Chinese, Japanese and Korean that are installed on this machine; `None` if
/// there are none. They are read at the first use, which takes a moment and the memory for these files.
pub(super) fn with_east_asian() -> Option<Arc<Database>> {
    static FONTS: LazyLock<Option<Arc<Database>>> = LazyLock::new(|| {
        let mut fonts = Database::clone(&database());
        let shipped = fonts.len();
        for file in pdf::fonts::east_asian_files() {
            // A font that can't be read is as good as none: its words are left out.
            if let Ok(font) = fs::read(file) {
                fonts.load_font_source(Source::Binary(Arc::new(font)));
            }
        }
        (fonts.len() > shipped).then(|| Arc::new(fonts))
    });
    FONTS.clone()
}

/// Returns whether some of the fonts have each character of a text.
pub(super) fn cover(fonts: &Database, words: &str) -> bool {
    let is_covered = |character| fonts.faces().any(|face| has(fonts, face.id, character));
    words.chars().all(is_covered)
}

/// Returns how fonts are chosen: for what the chosen font lacks, another one that has it, in the same weight where there is
/// one.
pub(super) fn resolver() -> FontResolver<'static> {
    FontResolver {
        select_font: FontResolver::default_font_selector(),
        select_fallback: Box::new(|character, tried, fonts| {
            let fonts: &Database = fonts.as_ref();
            let weight = tried.first().and_then(|id| Some(fonts.face(*id)?.weight));
            fonts
                .faces()
                .filter(|face| !tried.contains(&face.id) && has(fonts, face.id, character))
                .min_by_key(|face| Some(face.weight) != weight)
                .map(|face| face.id)
        }),
    }
}

fn has(fonts: &Database, face: ID, character: char) -> bool {
    let found = fonts.with_face_data(face, |data, index| {
        FontRef::from_index(data, index).is_ok_and(|font| font.charmap().map(character).is_some())
    });
    found == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_covered_if_each_character_is_in_some_font() {
        let fonts = database();
        assert!(cover(&fonts, "Łódź, Ελλάδα, Москва"));
        assert!(!cover(&fonts, "Łódź 東京"));
    }
}
