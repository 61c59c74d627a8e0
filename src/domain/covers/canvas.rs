//! What motifs draw with: the elements so far, the colours and the chance.

use std::fmt::Write;

use crate::model::cover::Palette;

/// The width of a cover, in pixels: that of preview pictures in social networks.
pub(super) const WIDTH: u32 = 1200;
/// The height of a cover, in pixels.
pub(super) const HEIGHT: u32 = 630;

/// SplitMix64 (Steele, Lea and Flood, 2014): a generator whose whole state is one word.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number from 0 to `bound` - 1.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound.max(1))).unwrap_or_default()
    }

    /// Returns a number from `low` to `high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        let unit = f64::from(self.below(1 << 24)) / f64::from(1 << 24);
        low + (high - low) * unit
    }
}

/// A drawing that is being made: the SVG elements so far, the colours and the chance.
pub(super) struct Drawing {
    pub(super) svg: String,
    pub(super) colours: &'static Palette,
    pub(super) chance: Chance,
}

impl Drawing {
    /// Adds elements to the drawing.
    pub(super) fn add(&mut self, elements: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        self.svg.write_fmt(elements).unwrap_or_default();
    }
}
