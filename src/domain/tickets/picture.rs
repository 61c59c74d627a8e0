//! Draws a ticket as SVG: the cover with title, date and place, and below it the number, the QR code and the name
//! of the participant.

use crate::{
    domain::{
        covers::Covers,
        rasterizer::{
            PlainText,
            words::{At, Room, Weight, can_show, fitted, heading, in_direction, text},
        },
    },
    model::{Language, TicketView, cover::Palette, html::escape, qr_code::QrPath},
    text::{DateStyle, catalogue, date_time},
};

/// The width of the picture, in pixels.
const WIDTH: f32 = 1080.0;
/// The distance of words from the edges, in pixels.
const MARGIN: f32 = 72.0;
/// The width of lines, in pixels.
const LINE: f32 = WIDTH - 2.0 * MARGIN;
/// The middle of the picture, in pixels.
const MIDDLE: f32 = WIDTH / 2.0;
/// Where the line with the date stands, in pixels from above.
const DATE_LINE: f32 = 692.0;
/// The width of the QR code with its margin, in pixels.
const QR_WIDTH: f32 = 560.0;
/// Titles are cut here before they are measured, in characters.
const TITLE_CHARACTERS: usize = 160;
/// The room of the title.
const TITLE: Room = Room {
    sizes: &[96.0, 80.0, 66.0, 54.0],
    width: LINE,
    lines: 3,
};

/// A ticket that is drawn.
#[derive(Debug, Clone)]
pub(super) struct TicketDrawing {
    /// The document, with the words that the fonts have.
    pub(super) svg: String,
    /// The other words, as elements in front of the document's.
    pub(super) plain: Vec<PlainText>,
    /// What the picture is, for people who don't see it.
    pub(super) title: String,
}

/// The document while it is drawn.
struct Words {
    drawing: TicketDrawing,
    /// Whether lines begin on the right.
    rtl: bool,
}

impl Words {
    /// Adds elements that are no words.
    fn add(&mut self, elements: &str) {
        self.drawing.svg.push_str(elements);
    }

    /// Adds a line of text in a colour.
    fn line(&mut self, weight: Weight, size: f32, at: At, colour: &str, words: &str) {
        let TicketDrawing { svg, plain, .. } = &mut self.drawing;
        if can_show(words) {
            svg.push_str(&format!(r#"<g fill="{colour}">"#));
            text(svg, weight, size, at, words);
            svg.push_str("</g>");
        } else {
            let number = match weight {
                Weight::Regular => 400,
                Weight::Bold => 700,
            };
            let At { x, y, anchor } = at;
            let element = format!(
                r#"<text x="{x}" y="{y:.0}" font-size="{size}" font-weight="{number}" text-anchor="{anchor}" fill="{colour}">{}</text>"#,
                escape(words)
            );
            plain.push(PlainText {
                words: words.to_owned(),
                element,
            });
        }
    }

    /// Returns where a line of the text begins.
    fn beginning(&self, y: f32) -> At {
        match self.rtl {
            false => At {
                x: MARGIN,
                y,
                anchor: "start",
            },
            true => At {
                x: WIDTH - MARGIN,
                y,
                anchor: "end",
            },
        }
    }
}

/// Draws the ticket with this code.
pub(super) fn draw(ticket: &TicketView, code: &str, language: Language) -> TicketDrawing {
    let language = shown_language(language);
    let t = &catalogue(language).ticket;
    let one = &ticket.competition;
    let Palette { ground, ink, .. } = one.cover().palette;
    let mut words = Words {
        drawing: TicketDrawing {
            svg: String::new(),
            plain: Vec::new(),
            title: t.page_title(&one.title),
        },
        rtl: language.direction() == "rtl",
    };
    words.add(&format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1080 1680" width="1080" height="1680"><rect width="1080" height="1680" fill="#fff"/><g transform="scale(.9)">{}</g><linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{ground}" stop-opacity="0"/><stop offset="1" stop-color="{ground}"/></linearGradient><rect y="170" width="1080" height="340" fill="url(#g)"/><rect y="509" width="1080" height="287" fill="{ground}"/><path d="M24 796H1056" stroke="#b9b6ae" stroke-width="4" stroke-dasharray="4 16" stroke-linecap="round"/><g font-family="DejaVu Sans" font-stretch="condensed">"##,
        Covers::svg(one).trim_end()
    ));
    let title: String = one.title.chars().take(TITLE_CHARACTERS).collect();
    let (size, lines) = heading(&title, TITLE);
    for (index, line) in lines.iter().rev().enumerate() {
        let lift = u16::try_from(index).map(f32::from).unwrap_or_default();
        let at = words.beginning(DATE_LINE - 66.0 - lift * size * 1.1);
        words.line(Weight::Bold, size, at, ink, line);
    }
    let date = date_time(language, DateStyle::Long, one.starts_at, &one.time_zone);
    let date = fitted(&date, Weight::Bold, 38.0, LINE);
    let date = in_direction(date, language);
    words.line(Weight::Bold, 38.0, words.beginning(DATE_LINE), ink, &date);
    let place = fitted(&one.location, Weight::Regular, 38.0, LINE);
    words.line(
        Weight::Regular,
        38.0,
        words.beginning(DATE_LINE + 56.0),
        ink,
        &place,
    );
    let grey = "#5b5c66";
    let black = "#1a1b20";
    words.line(Weight::Regular, 32.0, middle(866.0), grey, t.number);
    words.line(Weight::Bold, 96.0, middle(962.0), black, &ticket.number());
    if let Some(QrPath { size, dark }) = QrPath::of(code) {
        let modules = u16::try_from(size).map(f32::from).unwrap_or(1.0);
        let (left, scale) = (MIDDLE - QR_WIDTH / 2.0, QR_WIDTH / modules);
        words.add(&format!(
            r##"<path transform="translate({left} 976) scale({scale})" fill="#000" shape-rendering="crispEdges" d="{dark}"/>"##
        ));
    }
    let name = fitted(&ticket.holder, Weight::Bold, 42.0, LINE);
    words.line(Weight::Bold, 42.0, middle(1560.0), black, &name);
    words.line(Weight::Regular, 32.0, middle(1608.0), grey, t.show_code);
    words.line(
        Weight::Bold,
        26.0,
        middle(1654.0),
        grey,
        catalogue(language).frame.name,
    );
    words.add("</g></svg>");
    words.drawing
}

/// Returns the outlined document with its title and with the words that are no outlines.
pub(super) fn completed(outlined: &str, plain: &[PlainText], title: &str) -> String {
    let title = format!("<title>{}</title>", escape(title));
    let elements: String = plain.iter().map(|it| it.element.as_str()).collect();
    let plain = match elements.as_str() {
        "" => String::new(),
        elements => format!(r#"<g font-family="system-ui, sans-serif">{elements}</g>"#),
    };
    let outlined = outlined.trim_end();
    // The document begins with its root element, whose attributes contain no `>`.
    let begin = outlined.find('>').map_or(0, |end| end + 1);
    let (root, rest) = outlined.split_at(begin);
    let rest = rest.strip_suffix("</svg>").unwrap_or(rest);
    format!("{root}{title}{rest}{plain}</svg>\n")
}

/// Returns the language of the picture's own words: English where the fonts lack those of `language`.
fn shown_language(language: Language) -> Language {
    let t = &catalogue(language).ticket;
    if can_show(t.number) && can_show(t.show_code) {
        language
    } else {
        Language::English
    }
}

const fn middle(y: f32) -> At {
    At {
        x: MIDDLE,
        y,
        anchor: "middle",
    }
}
