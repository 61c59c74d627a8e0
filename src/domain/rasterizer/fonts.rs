//! The fonts of pictures, which are a part of the program: pictures are the same on every machine.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::Database;

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
            let source = resvg::usvg::fontdb::Source::Binary(Arc::new(font));
            fonts.load_font_source(source);
        }
        Arc::new(fonts)
    });
    Arc::clone(&FONTS)
}
