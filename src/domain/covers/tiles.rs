//! The motif of workshops and crafts: a wall of tiles that spells the title.

use super::canvas::Drawing;
use crate::model::cover::Palette;

/// The shapes of tiles on a unit square: quarter, halves, disc, wedge, arch, leaf, bars, step.
const SHAPES: [&str; 8] = [
    "M0 0H1A1 1 0 0 1 0 1z",
    "M0 .5A.5 .5 0 0 1 1 .5zM0 1A.5 .5 0 0 1 1 1z",
    "M.5 .04A.46 .46 0 0 1 .5 .96A.46 .46 0 0 1 .5 .04z",
    "M0 0L1 1H0z",
    "M0 1V.5A.5 .5 0 0 1 1 .5V1H.68V.5A.18 .18 0 0 0 .32 .5V1z",
    "M0 0A1 1 0 0 1 1 1A1 1 0 0 1 0 0z",
    "M0 .06H1V.28H0zM0 .4H1V.62H0zM0 .74H1V.96H0z",
    "M0 0H1V.3A.7 .7 0 0 0 .3 1H0z",
];

/// Draws the title in an alphabet of eight shapes, as a wall of tiles.
pub(super) fn tiles(drawing: &mut Drawing, title: &str) {
    let Palette {
        second,
        line,
        spark,
        ..
    } = drawing.colours;
    let letters: Vec<usize> = title
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .take(32)
        .map(|letter| u32::from(letter) as usize)
        .collect();
    // One tile is lit for certain, in the half that pages show whole.
    let lit = 8 * drawing.chance.below(4) + 4 + drawing.chance.below(3);
    for tile in 0..32_u32 {
        let letter = letters.iter().cycle().nth(tile as usize).copied();
        let shape = SHAPES[letter.unwrap_or(tile as usize) % 8];
        let turn = drawing.chance.below(4) * 90;
        let colour = match drawing.chance.below(9) {
            _ if tile == lit => spark,
            0 => spark,
            1..=5 => line,
            _ => second,
        };
        let (x, y) = (
            f64::from(tile % 8) * 157.5 - 30.0,
            f64::from(tile / 8) * 157.5,
        );
        drawing.add(format_args!(
            r#"<path transform="translate({x} {y}) scale(157.5) rotate({turn} .5 .5)" d="{shape}" fill="{colour}"/>"#
        ));
    }
}
