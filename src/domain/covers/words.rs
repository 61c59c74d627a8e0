//! The words of a social card: the title, the date and place, and the name of the site, on the left of the
//! cover.

use std::fmt::Write;

use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

use super::fonts;
use crate::model::{CompetitionView, cover::Palette, html::escape, time_zone};

/// The distance of the words from the left edge, in pixels.
const LEFT: f32 = 72.0;
/// The width in which the title fits, in pixels.
const TITLE_WIDTH: f32 = 560.0;
/// The width in which the line below the title fits, in pixels.
const LINE_WIDTH: f32 = 640.0;
/// The sizes of the title, in pixels; the first in which it fits into three lines is taken.
const TITLE_SIZES: [f32; 4] = [84.0, 70.0, 58.0, 48.0];
/// The largest number of lines of the title.
const TITLE_LINES: usize = 3;
/// Titles are cut here before they are measured, in characters.
const TITLE_CHARACTERS: usize = 160;

/// Returns the words of a social card as SVG elements in front of the ground colour, which covers the left
/// of the motif. A text is left out if the fonts lack one of its characters: boxes are worse than nothing.
pub(super) fn social(competition: &CompetitionView, colours: &Palette) -> String {
    let Palette { ground, ink, .. } = colours;
    let mut svg = format!(
        r#"<linearGradient id="g"><stop offset=".46" stop-color="{ground}"/><stop offset=".8" stop-color="{ground}" stop-opacity="0"/></linearGradient><rect width="1200" height="630" fill="url(#g)"/><g font-family="DejaVu Sans" font-stretch="condensed" fill="{ink}">"#
    );
    let title: String = competition.title.chars().take(TITLE_CHARACTERS).collect();
    let (size, lines) = title_lines(&title);
    let below = 446.0;
    for (index, line) in lines.iter().rev().enumerate() {
        let lift = u16::try_from(index).map(f32::from).unwrap_or_default();
        let y = below - 60.0 - lift * size * 1.1;
        text(&mut svg, Weight::Bold, size, y, line);
    }
    let date = time_zone::format(
        &competition.time_zone,
        competition.starts_at,
        "%a %-d %b %Y, %H:%M %Z",
    );
    text(&mut svg, Weight::Bold, 32.0, below, &date);
    let place = fitted(&competition.location, Weight::Regular, 32.0, LINE_WIDTH);
    text(&mut svg, Weight::Regular, 32.0, below + 44.0, &place);
    text(&mut svg, Weight::Bold, 28.0, 574.0, "Mini Compete");
    svg + "</g>"
}

/// The weight of a text.
#[derive(Debug, Clone, Copy)]
enum Weight {
    Regular,
    Bold,
}

fn text(svg: &mut String, weight: Weight, size: f32, y: f32, words: &str) {
    if words.is_empty() || width(words, weight, size).is_none() {
        return;
    }
    let number = match weight {
        Weight::Regular => 400,
        Weight::Bold => 700,
    };
    // Writing to a string cannot fail.
    write!(
        svg,
        r#"<text x="{LEFT}" y="{y:.0}" font-size="{size}" font-weight="{number}">{}</text>"#,
        escape(words)
    )
    .unwrap_or_default();
}

/// Returns the largest size in which the title fits, and its lines.
fn title_lines(title: &str) -> (f32, Vec<String>) {
    let smallest = TITLE_SIZES[TITLE_SIZES.len() - 1];
    for size in TITLE_SIZES {
        let lines = broken(title, size);
        let whole_words = lines.iter().all(|line| !line.broken);
        if lines.len() <= TITLE_LINES && (whole_words || size <= smallest) {
            return (size, lines.into_iter().map(|line| line.words).collect());
        }
    }
    let mut lines: Vec<_> = broken(title, smallest)
        .into_iter()
        .map(|line| line.words)
        .collect();
    lines.truncate(TITLE_LINES);
    if let Some(last) = lines.last_mut() {
        last.push('…');
    }
    (smallest, lines)
}

/// A line of a title.
#[derive(Debug, Default)]
struct TitleLine {
    words: String,
    /// Whether a word that is longer than the line was broken.
    broken: bool,
}

/// Breaks a title between words, and words that are longer than a line anywhere.
fn broken(title: &str, size: f32) -> Vec<TitleLine> {
    let fits = |words: &str| width(words, Weight::Bold, size).is_none_or(|it| it <= TITLE_WIDTH);
    let mut lines = vec![TitleLine::default()];
    for word in title.split_whitespace() {
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
        let mut rest = TitleLine::default();
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
fn fitted(words: &str, weight: Weight, size: f32, limit: f32) -> String {
    let fits = |words: &str| width(words, weight, size).is_none_or(|it| it <= limit);
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
    let data = match weight {
        Weight::Regular => fonts::REGULAR,
        Weight::Bold => fonts::BOLD,
    };
    let font = FontRef::new(data).ok()?;
    let (characters, metrics) = (
        font.charmap(),
        font.glyph_metrics(Size::new(size), LocationRef::default()),
    );
    words
        .chars()
        .map(|character| metrics.advance_width(characters.map(character)?))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_as_large_as_fits_into_three_lines() {
        let (size, lines) = title_lines("Riverside 10K");
        assert_eq!((size, lines.len()), (84.0, 2), "{lines:?}");
        let (size, lines) = title_lines("The Great International Regional Robotics Cup of Friends");
        assert!(size < 84.0 && lines.len() == 3, "{size} {lines:?}");
    }

    #[test]
    fn no_line_is_wider_than_its_room_however_long_a_word_is() {
        for title in [
            "x".repeat(200),
            "W".repeat(17),
            "ab ".repeat(70),
            "Ünïcödé ".repeat(9),
        ] {
            let (size, lines) = title_lines(&title);
            assert!(lines.len() <= TITLE_LINES);
            for line in &lines {
                let wide = width(line, Weight::Bold, size).unwrap();
                assert!(wide <= TITLE_WIDTH + size, "{line}: {wide}");
            }
        }
    }

    #[test]
    fn texts_that_the_fonts_cannot_show_are_left_out() {
        let mut svg = String::new();
        text(&mut svg, Weight::Bold, 32.0, 0.0, "東京マラソン");
        assert_eq!(svg, "");
        text(
            &mut svg,
            Weight::Bold,
            32.0,
            0.0,
            "Łódź, Ελλάδα, Москва, مسابقة",
        );
        assert!(svg.contains("Łódź"), "{svg}");
    }
}
