//! What certificates and badges say and show, read back with a library that did not write them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places on a page are small and positive"
)]

mod badges;
mod certificates;
mod reading;
mod samples;

use pdf::Fonts;

/// Returns the fonts of a program on a machine without any.
fn shipped_fonts() -> Fonts {
    Fonts::new(&samples::SHIPPED, &[])
}

/// Returns the fonts of a program on a machine with Japanese ones.
fn fonts_with_japanese() -> Fonts {
    Fonts::new(&samples::SHIPPED, &[samples::machine_with_japanese()])
}
