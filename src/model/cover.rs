//! The cover of a competition: its motif, its colours and its version.
//!
//! A cover is a picture that is drawn, not stored: the same competition has the same cover in every
//! process. The tags choose the [`Motif`], the id chooses the [`Palette`] and everything else by chance, and
//! the title only matters for the motif [`Motif::Tiles`]. `domain::covers` draws it; pages take colours from
//! the palette, so that words around a cover match it.

use super::{CompetitionId, CompetitionView, picture::Picture};

/// The version of the drawing. It must grow with every change of the pictures, so that browsers that have
/// kept the old ones load the new ones.
const DRAWING: u64 = 2;

/// What a cover shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motif {
    /// Contour lines of a map with a course: for sports outdoors.
    Contours,
    /// A board with a knight's walk: for chess and other games.
    Board,
    /// A chip with its traces: for hackathons, robotics and data.
    Circuit,
    /// Arcs around one centre: for exams and quizzes.
    Arcs,
    /// Tiles that spell the title in shapes: for workshops and crafts.
    Tiles,
    /// Waves above each other: for music, water and food.
    Waves,
    /// Rows of seats with one that is lit: for everything else.
    Seats,
}

/// The five colours of a cover, each as `#rrggbb`.
#[derive(Debug, PartialEq, Eq)]
pub struct Palette {
    /// The number by which style sheets know the palette (`data-palette`).
    pub number: usize,
    /// The colour behind everything, on which words are legible.
    pub ground: &'static str,
    /// A second colour for large areas.
    pub second: &'static str,
    /// The colour of the motif's lines.
    pub line: &'static str,
    /// The colour of the one element that is lit.
    pub spark: &'static str,
    /// The colour of words on `ground` and on `second`.
    pub ink: &'static str,
}

/// The motif and the palette of a competition's cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// What the cover shows.
    pub motif: Motif,
    /// The colours of the cover.
    pub palette: &'static Palette,
    /// The seed of every further choice; it depends on the id alone.
    pub seed: u64,
}

/// The topics that have a motif of their own. The plural of a topic means the same.
const TOPICS: [(Motif, &[&str]); 6] = [
    (
        Motif::Contours,
        &[
            "running",
            "run",
            "marathon",
            "trail",
            "orienteering",
            "cycling",
            "triathlon",
            "outdoor",
            "hiking",
            "climbing",
            "skiing",
            "10k",
            "5k",
        ],
    ),
    (
        Motif::Board,
        &[
            "chess",
            "go",
            "bridge",
            "poker",
            "game",
            "board-game",
            "boardgame",
            "esports",
            "cards",
        ],
    ),
    (
        Motif::Circuit,
        &[
            "hackathon",
            "coding",
            "programming",
            "robotics",
            "robot",
            "electronics",
            "data",
            "ai",
            "security",
            "ctf",
            "engineering",
        ],
    ),
    (
        Motif::Arcs,
        &[
            "exam",
            "quiz",
            "mathematics",
            "maths",
            "math",
            "language",
            "olympiad",
            "science",
            "physics",
            "chemistry",
            "debate",
        ],
    ),
    (
        Motif::Tiles,
        &[
            "workshop",
            "craft",
            "design",
            "writing",
            "art",
            "printing",
            "photography",
            "architecture",
            "fashion",
        ],
    ),
    (
        Motif::Waves,
        &[
            "music", "dance", "singing", "swimming", "sailing", "rowing", "surfing", "coffee",
            "cooking", "baking", "food",
        ],
    ),
];

/// All palettes, in the order of their numbers: six dark ones with white ink, six light ones with dark ink.
pub const PALETTES: [Palette; 12] = [
    palette(0, ["#1f2170", "#2b2e94", "#8189ff", "#ffbe55", "#ffffff"]),
    palette(1, ["#0c3b30", "#124d3f", "#4cb78b", "#ffd76e", "#ffffff"]),
    palette(2, ["#3d1546", "#53205e", "#c678d6", "#ffae70", "#ffffff"]),
    palette(3, ["#06354e", "#0a4764", "#48aede", "#ffe08a", "#ffffff"]),
    palette(4, ["#54240f", "#6b3218", "#ee9a68", "#ffe3a6", "#ffffff"]),
    palette(5, ["#11152e", "#1d2448", "#6776c9", "#86efc6", "#ffffff"]),
    palette(6, ["#ffc84a", "#ffd674", "#c27300", "#2a2ca8", "#1f1604"]),
    palette(7, ["#b9ecd3", "#cff4e1", "#1b9a6c", "#3538cd", "#07241a"]),
    palette(8, ["#bcd8ff", "#d3e6ff", "#3d74d6", "#f2612a", "#0b1c3d"]),
    palette(9, ["#ffcdbd", "#ffdfd4", "#dc6844", "#3538cd", "#33130a"]),
    palette(10, ["#dad0ff", "#e8e1ff", "#7059dc", "#f0762b", "#1c1440"]),
    palette(11, ["#e9dec6", "#f3ebda", "#a07c43", "#0b7a53", "#2a2010"]),
];

const fn palette(number: usize, colours: [&'static str; 5]) -> Palette {
    let [ground, second, line, spark, ink] = colours;
    Palette {
        number,
        ground,
        second,
        line,
        spark,
        ink,
    }
}

impl Motif {
    /// Returns the motif of the first tag that has one.
    fn of(tags: &[String]) -> Self {
        let named = |tag: &str| {
            let topic = TOPICS.iter().find(|(_, topics)| topics.contains(&tag));
            topic.map(|(motif, _)| *motif)
        };
        tags.iter()
            .find_map(|tag| named(tag).or_else(|| named(tag.strip_suffix('s')?)))
            .unwrap_or(Self::Seats)
    }

    /// Returns the numbers of the palettes that suit the motif.
    const fn palettes(self) -> [usize; 4] {
        match self {
            Self::Contours => [1, 7, 8, 5],
            Self::Board => [11, 4, 2, 6],
            Self::Circuit => [0, 3, 10, 5],
            Self::Arcs => [8, 10, 6, 0],
            Self::Tiles => [9, 11, 6, 3],
            Self::Waves => [3, 7, 9, 4],
            Self::Seats => [2, 9, 4, 3],
        }
    }
}

impl Cover {
    /// Returns the cover of the competition with this id and these tags.
    #[must_use]
    pub fn of(id: CompetitionId, tags: &[String]) -> Self {
        let seed = fnv(id.to_string().as_bytes());
        let motif = Motif::of(tags);
        let [first, second, third, fourth] = motif.palettes();
        let number = match seed % 4 {
            0 => first,
            1 => second,
            2 => third,
            _ => fourth,
        };
        Self {
            motif,
            palette: &PALETTES[number],
            seed,
        }
    }
}

impl CompetitionView {
    /// Returns the motif and the palette of the competition's cover.
    #[must_use]
    pub fn cover(&self) -> Cover {
        Cover::of(self.id, &self.tags)
    }

    /// Returns the version of the cover: it changes with the drawing, and with each value that the picture
    /// shows, the words of the social card included. Addresses and entity tags contain it.
    #[must_use]
    pub fn cover_version(&self) -> String {
        let mut shown = vec![
            DRAWING.to_string(),
            self.title.clone(),
            self.location.clone(),
        ];
        shown.push(self.starts_at.timestamp().to_string());
        shown.push(self.time_zone.clone());
        shown.extend(self.tags.iter().cloned());
        format!("{:016x}", fnv(shown.join("\u{1f}").as_bytes()))
    }
}

impl CompetitionView {
    /// Returns the same competition with the address of its picture, relative to this site.
    #[must_use]
    pub fn with_picture_url(mut self) -> Self {
        self.picture_url = match &self.picture {
            Some(picture) => self.picture_path(picture, picture.width()),
            None => self.drawn_cover_path("svg"),
        };
        self
    }

    /// Returns the address of an uploaded picture in the stored width that is the next to `width`.
    #[must_use]
    pub fn picture_path(&self, picture: &Picture, width: u32) -> String {
        format!(
            "/api/v1/competitions/{}/picture.jpg?v={}&w={width}",
            self.id, picture.id
        )
    }

    /// Returns the address of the drawn cover as a file of this kind, `svg` or `png`, with its version, so that
    /// browsers keep it.
    #[must_use]
    pub fn drawn_cover_path(&self, kind: &str) -> String {
        let version = self.cover_version();
        format!("/api/v1/competitions/{}/cover.{kind}?v={version}", self.id)
    }
}

/// Returns the FNV-1a hash with 64 bits of these bytes.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(hex: &str) -> f64 {
        let value = f64::from(u8::from_str_radix(hex, 16).unwrap()) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    }

    /// Returns the relative luminance of a colour (WCAG 2.2).
    fn luminance(colour: &str) -> f64 {
        0.2126 * channel(&colour[1..3])
            + 0.7152 * channel(&colour[3..5])
            + 0.0722 * channel(&colour[5..7])
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn words_on_every_palette_have_more_contrast_than_the_strictest_level_asks() {
        for colours in &PALETTES {
            let ink = contrast(colours.ink, colours.ground);
            assert!(ink >= 11.0, "{} on the ground: {ink}", colours.number);
            let ink = contrast(colours.ink, colours.second);
            assert!(ink >= 9.0, "{} on the second colour: {ink}", colours.number);
            let spark = contrast(colours.spark, colours.ground);
            assert!(spark >= 1.9, "{} spark: {spark}", colours.number);
        }
    }

    #[test]
    fn style_sheets_have_the_same_palettes() {
        let css = include_str!("../../style/components/covers.css");
        for colours in &PALETTES {
            let rule = format!(
                "[data-palette=\"{}\"] {{\n  --cover: {};\n  --cover-second: {};\n  --cover-spark: {};\n  --cover-ink: {};\n}}",
                colours.number, colours.ground, colours.second, colours.spark, colours.ink
            );
            assert!(css.contains(&rule), "{rule}");
        }
    }

    #[test]
    fn the_first_tag_with_a_motif_decides_also_in_the_plural() {
        let motif = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
            Motif::of(&tags)
        };
        assert_eq!(motif(&["climate", "hackathons", "chess"]), Motif::Circuit);
        assert_eq!(motif(&["chess"]), Motif::Board);
        assert_eq!(motif(&["knitting", "s", ""]), Motif::Seats);
        assert_eq!(motif(&[]), Motif::Seats);
    }

    #[test]
    fn only_the_id_chooses_the_palette_among_those_of_the_motif() {
        let id: CompetitionId = "0192f0c1-7a4b-7c3d-8e5f-0123456789ab".parse().unwrap();
        let tags = ["chess".to_owned()];
        assert_eq!(Cover::of(id, &tags), Cover::of(id, &tags));
        let numbers: std::collections::BTreeSet<_> = (0..64)
            .map(|_| Cover::of(CompetitionId::new(), &tags).palette.number)
            .collect();
        assert!(numbers.iter().all(|number| [11, 4, 2, 6].contains(number)));
        assert!(numbers.len() > 1, "{numbers:?}");
    }
}
