//! The words of a social card: the title, the date and place, and the name of the site, on the left of the
//! cover.

use crate::{
    domain::rasterizer::words::{At, Room, Weight, can_show, fitted, heading, in_direction, text},
    model::{CompetitionView, Language, cover::Palette},
    text::{DateStyle, date_time},
};

/// The distance of the words from the left edge, in pixels.
const LEFT: f32 = 72.0;
/// The room of the title.
const TITLE: Room = Room {
    sizes: &[84.0, 70.0, 58.0, 48.0],
    width: 560.0,
    lines: 3,
};
/// The width in which the line below the title fits, in pixels.
const LINE_WIDTH: f32 = 640.0;
/// Titles are cut here before they are measured, in characters.
const TITLE_CHARACTERS: usize = 160;

/// Returns when the competition starts as a social card says it in a language: in English if the fonts lack the
/// script of the language.
pub(super) fn date(competition: &CompetitionView, language: Language) -> String {
    let (starts_at, zone) = (competition.starts_at, &competition.time_zone);
    let said = |language| date_time(language, DateStyle::Full, starts_at, zone);
    match said(language) {
        date if can_show(&date) => in_direction(date, language),
        _ => said(Language::English),
    }
}

/// Returns the words of a social card as SVG elements in front of the ground colour, which covers the left
/// of the motif. A text is left out if the fonts lack one of its characters: boxes are worse than nothing.
pub(super) fn social(competition: &CompetitionView, colours: &Palette, date: &str) -> String {
    let Palette { ground, ink, .. } = colours;
    let mut svg = format!(
        r#"<linearGradient id="g"><stop offset=".46" stop-color="{ground}"/><stop offset=".8" stop-color="{ground}" stop-opacity="0"/></linearGradient><rect width="1200" height="630" fill="url(#g)"/><g font-family="DejaVu Sans" font-stretch="condensed" fill="{ink}">"#
    );
    let title: String = competition.title.chars().take(TITLE_CHARACTERS).collect();
    let (size, lines) = heading(&title, TITLE);
    let at = |y: f32| At {
        x: LEFT,
        y,
        anchor: "start",
    };
    let below = 446.0;
    for (index, line) in lines.iter().rev().enumerate() {
        let lift = u16::try_from(index).map(f32::from).unwrap_or_default();
        let y = below - 60.0 - lift * size * 1.1;
        text(&mut svg, Weight::Bold, size, at(y), line);
    }
    let date = fitted(date, Weight::Bold, 32.0, LINE_WIDTH);
    text(&mut svg, Weight::Bold, 32.0, at(below), &date);
    let place = fitted(&competition.location, Weight::Regular, 32.0, LINE_WIDTH);
    text(&mut svg, Weight::Regular, 32.0, at(below + 44.0), &place);
    text(&mut svg, Weight::Bold, 28.0, at(574.0), "Mini Compete");
    svg + "</g>"
}
