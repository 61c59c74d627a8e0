//! Words in pictures: how wide they are, and how they are broken and shortened to fit.

use std::fmt::Write;

use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

use super::fonts;
use crate::model::{Language, html::escape};

/// The weight of a text.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) enum Weight {
    /// The weight of plain text.
    Regular,
    /// The weight of headings.
    Bold,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct At {
    /// The position in pixels at which the text begins, ends or has its middle, as `anchor` says.
    pub x: f32,
    /// The position of the line in pixels, from above.
    pub y: f32,
    /// `start`, `middle` or `end`: left, centred or right.
    pub anchor: &'static str,
}

/// A room for a heading of a few lines.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct Room {
    /// The sizes in pixels, the largest first; the first in which the heading fits is taken.
    pub sizes: &'static [f32],
    /// The width in pixels.
    pub width: f32,
    /// The largest number of lines.
    pub lines: usize,
}

/// Adds a line of text to an SVG document. It is left out if the fonts lack one of its characters: boxes are
/// worse than nothing.
pub(in crate::domain) fn text(svg: &mut String, weight: Weight, size: f32, at: At, words: &str) {
    if words.is_empty() || !can_show(words) {
        return;
    }
    let number = match weight {
        Weight::Regular => 400,
        Weight::Bold => 700,
    };
    let At { x, y, anchor } = at;
    let anchor = match anchor {
        "start" => String::new(),
        anchor => format!(r#" text-anchor="{anchor}""#),
    };
    // Writing to a string cannot fail.
    write!(
        svg,
        r#"<text x="{x}" y="{y:.0}" font-size="{size}" font-weight="{number}"{anchor}>{}</text>"#,
        escape(words)
    )
    .unwrap_or_default();
}

/// Returns whether the fonts have all characters of a text.
pub(in crate::domain) fn can_show(words: &str) -> bool {
    width(words, Weight::Regular, 1.0).is_some() && width(words, Weight::Bold, 1.0).is_some()
}

/// Returns words that stand in the direction of a language, whatever their letters are: the name of a time zone is
/// Latin in every language, and would stand at the beginning of an Arabic line.
pub(in crate::domain) fn in_direction(words: String, language: Language) -> String {
    match language.direction() {
        "rtl" => format!("\u{202b}{words}\u{202c}"),
        _ => words,
    }
}

/// Returns the largest size in which a heading fits into its room, and its lines.
pub(in crate::domain) fn heading(words: &str, room: Room) -> (f32, Vec<String>) {
    let Room {
        sizes,
        width,
        lines: most,
    } = room;
    let smallest = sizes.last().copied().unwrap_or(1.0);
    for &size in sizes {
        let lines = broken(words, size, width);
        let whole_words = lines.iter().all(|line| !line.broken);
        if lines.len() <= most && (whole_words || size <= smallest) {
            return (size, lines.into_iter().map(|line| line.words).collect());
        }
    }
    let mut lines: Vec<_> = broken(words, smallest, width)
        .into_iter()
        .map(|line| line.words)
        .collect();
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        last.push('…');
    }
    (smallest, lines)
}

/// A line of a heading.
#[derive(Debug, Default)]
struct HeadingLine {
    words: String,
    /// Whether a word that is longer than the line was broken.
    broken: bool,
}

/// Breaks a heading between words, and words that are longer than a line anywhere.
fn broken(heading: &str, size: f32, limit: f32) -> Vec<HeadingLine> {
    let fits = |words: &str| estimated_width(words, Weight::Bold, size) <= limit;
    let mut lines = vec![HeadingLine::default()];
    for word in heading.split_whitespace() {
        let mut line = lines.pop().unwrap_or_default();
        let joined = format!(
            "{}{}{word}",
            line.words,
            if line.words.is_empty() { "" } else { " " }
        );
        if fits(&joined) {
            line.words = joined;
            lines.push(line);
            continue;
        }
        if !line.words.is_empty() {
            lines.push(line);
        }
        let mut rest = HeadingLine::default();
        for letter in word.chars() {
            rest.words.push(letter);
            if !fits(&rest.words) {
                rest.words.pop();
                rest.broken = true;
                lines.push(std::mem::take(&mut rest));
                rest.words.push(letter);
            }
        }
        rest.broken = lines.last().is_some_and(|line| line.broken) && !fits(word);
        lines.push(rest);
    }
    lines
}

/// Returns as much of the text as fits, with an ellipsis if something is missing.
pub(in crate::domain) fn fitted(words: &str, weight: Weight, size: f32, limit: f32) -> String {
    let fits = |words: &str| estimated_width(words, weight, size) <= limit;
    if fits(words) {
        return words.to_owned();
    }
    let mut short: String = words.chars().take(120).collect();
    while !short.is_empty() && !fits(&format!("{short}…")) {
        short.pop();
    }
    format!("{}…", short.trim_end())
}

/// Returns the width of a text in pixels; `None` if the font lacks one of its characters.
fn width(words: &str, weight: Weight, size: f32) -> Option<f32> {
    advances(words, weight, size).into_iter().sum()
}

/// Returns the width of a text in pixels. Characters that the font lacks count as if they were as wide as high, which those
/// of Chinese and Japanese are.
fn estimated_width(words: &str, weight: Weight, size: f32) -> f32 {
    let advances = advances(words, weight, size).into_iter();
    advances.map(|advance| advance.unwrap_or(size)).sum()
}

/// Returns the width of each character in pixels; `None` for those that the font lacks.
fn advances(words: &str, weight: Weight, size: f32) -> Vec<Option<f32>> {
    let data = match weight {
        Weight::Regular => fonts::REGULAR,
        Weight::Bold => fonts::BOLD,
    };
    let Ok(font) = FontRef::new(data) else {
        return vec![None; words.chars().count()];
    };
    let (characters, metrics) = (
        font.charmap(),
        font.glyph_metrics(Size::new(size), LocationRef::default()),
    );
    words
        .chars()
        .map(|character| metrics.advance_width(characters.map(character)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: Room = Room {
        sizes: &[84.0, 70.0, 58.0, 48.0],
        width: 560.0,
        lines: 3,
    };

    #[test]
    fn a_title_is_as_large_as_fits_into_three_lines() {
        let (size, lines) = heading("Riverside 10K", TITLE);
        assert_eq!((size, lines.len()), (84.0, 2), "{lines:?}");
        let (size, lines) = heading(
            "The Great International Regional Robotics Cup of Friends",
            TITLE,
        );
        assert!(size < 84.0 && lines.len() == 3, "{size} {lines:?}");
    }

    #[test]
    fn no_line_is_wider_than_its_room_however_long_a_word_is() {
        for title in [
            "x".repeat(200),
            "W".repeat(17),
            "ab ".repeat(70),
            "Ünïcödé ".repeat(9),
            "東京マラソン".repeat(9),
        ] {
            let (size, lines) = heading(&title, TITLE);
            assert!(lines.len() <= TITLE.lines);
            for line in &lines {
                let wide = estimated_width(line, Weight::Bold, size);
                assert!(wide <= TITLE.width + size, "{line}: {wide}");
            }
        }
    }

    #[test]
    fn texts_that_the_fonts_cannot_show_are_left_out() {
        let mut svg = String::new();
        let at = At {
            x: 0.0,
            y: 0.0,
            anchor: "start",
        };
        text(&mut svg, Weight::Bold, 32.0, at, "東京マラソン");
        assert_eq!(svg, "");
        text(
            &mut svg,
            Weight::Bold,
            32.0,
            at,
            "Łódź, Ελλάδα, Москва, مسابقة",
        );
        assert!(svg.contains("Łódź"), "{svg}");
    }
}
