//! Draws the sample documents as pictures: `cargo run --package pdf --example pictures -- FOLDER`.
#![allow(
    dead_code,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    reason = "it shares its samples and its reader with the tests"
)]

#[path = "../tests/documents/reading.rs"]
mod reading;
#[path = "../tests/documents/samples.rs"]
mod samples;

use std::{error::Error, fs, path::PathBuf};

use pdf::{BadgeLayout, Fonts, badges, certificate};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(|| PathBuf::from("."), PathBuf::from);
    fs::create_dir_all(&folder)?;
    let fonts = Fonts::new(&samples::SHIPPED, &[samples::machine_with_japanese()]);
    let sheets = samples::sheets(9);
    for (name, printed) in [
        ("certificate-ar", certificate(&samples::arabic(), &fonts)?),
        ("certificate-ja", certificate(&samples::japanese(), &fonts)?),
        ("badges", badges(&sheets, BadgeLayout::Card, &fonts)?),
    ] {
        let picture = reading::picture(&reading::open(&printed.pdf), 0, 1.0);
        let png = picture
            .pixels
            .into_png()
            .map_err(|error| error.to_string())?;
        fs::write(folder.join(format!("{name}.png")), png)?;
    }
    Ok(())
}
