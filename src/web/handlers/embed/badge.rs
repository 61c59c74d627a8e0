//! The badge: the title of a competition and its seats in one line, as a picture.

use chrono::{DateTime, Utc};

use crate::{
    model::{CompetitionView, Language, Phase, html::escape},
    text::catalogue,
};

pub(super) const CONTENT_TYPE: &str = "image/svg+xml";

/// The longest title on a badge, in characters.
const TITLE: usize = 40;
/// The space beside a text, in pixels.
const PADDING: u32 = 8;

/// Returns the badge as an SVG picture.
pub(super) fn picture(
    competition: &CompetitionView,
    language: Language,
    now: DateTime<Utc>,
) -> String {
    let phase = competition.phase(now);
    let words = catalogue(language).chips.words(phase, competition.seats());
    let title = shortened(&competition.title);
    let (left, right) = (width(&title), width(&words));
    let (total, colour) = (left + right, colour(phase));
    let whole = escape(&format!("{}: {words}", competition.title));
    let (title, words) = (escape(&title), escape(&words));
    let text = |middle: u32, length: u32, text: &str| {
        let length = length.saturating_sub(2 * PADDING);
        format!(
            "<text x=\"{middle}\" y=\"14\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
        )
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{total}\" height=\"20\" viewBox=\"0 0 {total} 20\" \
         role=\"img\" aria-label=\"{whole}\"><title>{whole}</title>\
         <rect width=\"{total}\" height=\"20\" rx=\"4\" fill=\"#43444d\"/>\
         <path d=\"M{left} 0h{inner}a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-{inner}z\" fill=\"{colour}\"/>\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\" text-anchor=\"middle\">{}{}</g></svg>",
        text(left / 2, left, &title),
        text(left + right / 2, right, &words),
        inner = right.saturating_sub(4),
    )
}

/// Returns the colour of a phase, on which white text is easy to read.
const fn colour(phase: Phase) -> &'static str {
    match phase {
        Phase::Open => "#0b7a53",
        Phase::FewLeft | Phase::Paused => "#935600",
        Phase::Waitlist | Phase::OpensSoon => "#3538cd",
        _ => "#5b5c66",
    }
}

fn shortened(title: &str) -> String {
    if title.chars().count() <= TITLE {
        return title.to_owned();
    }
    let mut short: String = title.chars().take(TITLE - 1).collect();
    short.push('…');
    short
}

/// Returns about how wide a text is, with the space beside it. The picture stretches the text to it.
fn width(text: &str) -> u32 {
    let tenths: u32 = text
        .chars()
        .map(|character| match character {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ' ' | '\'' => 40,
            'm' | 'w' | 'M' | 'W' => 100,
            character if character.is_ascii() => 70,
            // Characters of East Asia are as wide as the font is high.
            character if u32::from(character) >= 0x2e80 => 110,
            _ => 70,
        })
        .sum();
    tenths / 10 + 2 * PADDING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_title_is_cut_off_and_no_character_of_a_title_ends_the_picture() {
        assert_eq!(shortened(&"席".repeat(41)).chars().count(), TITLE);
        assert_eq!(shortened("Night run"), "Night run");
        let competition = CompetitionView {
            title: "</svg><script>\"&'".to_owned(),
            ..CompetitionView::sample()
        };
        let picture = picture(&competition, Language::English, competition.created_at);
        assert_eq!(picture.matches("</svg>").count(), 1, "{picture}");
        assert!(!picture.contains("<script"), "{picture}");
    }
}
