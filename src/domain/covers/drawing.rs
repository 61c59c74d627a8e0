//! Draws covers as SVG.
//!
//! A drawing is a pure function of a [`Cover`] and a title. Every choice by chance comes from one generator
//! that is seeded with the id, in a fixed order: a choice that is added in the middle changes every cover
//! that was ever shown, and asks for another version in `model/cover.rs`. Sines come from `libm`, so that
//! the bytes are the same on every machine.

use super::{
    canvas::{Chance, Drawing, HEIGHT, WIDTH},
    motifs,
    tiles::tiles,
};
use crate::model::cover::{Cover, Motif, Palette};

/// Returns the cover as an SVG document. `words` are SVG elements in front of the motif.
pub(super) fn draw(cover: Cover, title: &str, words: &str) -> String {
    let colours = cover.palette;
    let mut drawing = Drawing {
        svg: String::with_capacity(8 << 10),
        colours,
        chance: Chance(cover.seed),
    };
    let (x, y) = (
        drawing.chance.between(300.0, 1100.0),
        drawing.chance.between(0.0, 630.0),
    );
    let Palette { ground, second, .. } = colours;
    drawing.add(format_args!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"><rect width="{WIDTH}" height="{HEIGHT}" fill="{ground}"/><circle cx="{x:.0}" cy="{y:.0}" r="400" fill="{second}" fill-opacity=".55"/>"#
    ));
    match cover.motif {
        Motif::Contours => motifs::contours(&mut drawing),
        Motif::Board => motifs::board(&mut drawing),
        Motif::Circuit => motifs::circuit(&mut drawing),
        Motif::Arcs => motifs::arcs(&mut drawing),
        Motif::Tiles => tiles(&mut drawing, title),
        Motif::Waves => motifs::waves(&mut drawing),
        Motif::Seats => motifs::seats(&mut drawing),
    }
    drawing.add(format_args!("{words}</svg>\n"));
    drawing.svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CompetitionId, cover::PALETTES};

    const MOTIFS: [Motif; 7] = [
        Motif::Contours,
        Motif::Board,
        Motif::Circuit,
        Motif::Arcs,
        Motif::Tiles,
        Motif::Waves,
        Motif::Seats,
    ];

    fn covers() -> impl Iterator<Item = Cover> {
        let seeds = (0..300_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        seeds.flat_map(|seed| {
            MOTIFS.map(|motif| Cover {
                motif,
                palette: &PALETTES[usize::try_from(seed % 12).unwrap()],
                seed,
            })
        })
    }

    #[test]
    fn a_cover_is_small_well_formed_and_draws_nothing_far_outside() {
        for cover in covers() {
            let svg = draw(cover, "Harbour Hack 48", "");
            assert!(svg.len() <= 12 << 10, "{cover:?}: {} bytes", svg.len());
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{cover:?}");
            let tree = resvg::usvg::Tree::from_str(&svg, &resvg::usvg::Options::default());
            assert!(tree.is_ok(), "{cover:?}: {:?}", tree.err());
        }
    }

    #[test]
    fn exactly_one_colour_is_the_spark_and_it_is_always_there() {
        for cover in covers() {
            let svg = draw(cover, "Harbour Hack 48", "");
            assert!(svg.contains(cover.palette.spark), "{cover:?}");
        }
    }

    #[test]
    fn only_tiles_depend_on_the_title_and_no_title_gets_into_the_picture() {
        let title = "<script>alert(1)</script>\"'&";
        for cover in covers() {
            let (one, other) = (draw(cover, "Chess", ""), draw(cover, title, ""));
            assert_eq!(one == other, cover.motif != Motif::Tiles, "{cover:?}");
            assert!(!other.contains("script") && !other.contains("alert"));
            draw(cover, "", "");
        }
    }

    #[test]
    fn published_covers_keep_their_pictures() {
        let id: CompetitionId = "0192f0c1-7a4b-7c3d-8e5f-0123456789ab".parse().unwrap();
        let golden = include_str!("golden.txt");
        let mut found = String::new();
        for tag in [
            "running",
            "chess",
            "hackathon",
            "exam",
            "craft",
            "music",
            "",
        ] {
            let cover = Cover::of(id, &[tag.to_owned()]);
            let svg = draw(cover, "Harbour Hack 48", "");
            let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&svg));
            found += &format!(
                "{:?} {} {} {digest}\n",
                cover.motif,
                cover.palette.number,
                svg.len()
            );
        }
        assert_eq!(
            found, golden,
            "raise DRAWING in model/cover.rs with the new pictures"
        );
    }
}
