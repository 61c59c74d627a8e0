//! Badges: several on a sheet of A4, with marks where to cut.

use krilla::tagging::ArtifactType;
use parley::Alignment;

use crate::{
    Fonts, PdfError, Printed, QrCode, Script,
    canvas::{ACCENT, Area, Canvas, DocumentInfo, INK, MM, MUTED, Pages, Role},
    line,
    text::Style,
};

/// The most badges of one document.
pub const MOST_BADGES: usize = 500;

/// The size of a sheet in points: A4 upright.
const WIDTH: f32 = 210.0 * MM;
const HEIGHT: f32 = 297.0 * MM;
/// How long a cut mark is, and how far it is from the badges.
const MARK: f32 = 4.0 * MM;
const GAP: f32 = 1.5 * MM;
/// The empty margin of a badge.
const MARGIN: f32 = 4.5 * MM;

/// The badge of one participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// The name of the participant.
    pub name: String,
    /// The division, if the competition has any.
    pub division: Option<String>,
    /// The start number that the participant wears.
    pub number: Option<String>,
    /// The code that check-in reads.
    pub code: Option<QrCode>,
}

/// Badges of one competition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadgeSheets {
    /// The language of the document.
    pub script: Script,
    /// The title of the document.
    pub title: String,
    /// The competition, which stands on each badge.
    pub competition: String,
    /// What a QR code is, for those who can't see it.
    pub code_description: String,
    /// The badges in their order.
    pub badges: Vec<Badge>,
}

/// How large badges are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadgeLayout {
    /// 90 × 54 mm, ten on a sheet.
    #[default]
    Card,
    /// 90 × 130 mm, four on a sheet.
    Large,
}

impl BadgeLayout {
    /// Returns the width and the height of a badge in points.
    fn size(self) -> (f32, f32) {
        match self {
            Self::Card => (90.0 * MM, 54.0 * MM),
            Self::Large => (90.0 * MM, 130.0 * MM),
        }
    }

    /// Returns the number of columns and of rows.
    const fn grid(self) -> (u16, u16) {
        match self {
            Self::Card => (2, 5),
            Self::Large => (2, 2),
        }
    }

    /// Returns the number of badges on a sheet.
    #[must_use]
    pub const fn per_sheet(self) -> usize {
        let (columns, rows) = self.grid();
        columns as usize * rows as usize
    }
}

/// Returns badges as a PDF of as many sheets as they need; without badges, of one empty sheet.
///
/// # Errors
/// Returns [`PdfError::TooManyBadges`], [`PdfError::TextTooLong`], [`PdfError::CodeTooLarge`], or [`PdfError::Write`]
/// if a font is broken.
pub fn badges(
    sheets: &BadgeSheets,
    layout: BadgeLayout,
    fonts: &Fonts,
) -> Result<Printed, PdfError> {
    let count = sheets.badges.len();
    if count > MOST_BADGES {
        return Err(PdfError::TooManyBadges(count));
    }
    let competition = line(&sheets.competition)?;
    let checked: Result<Vec<_>, _> = sheets.badges.iter().map(checked).collect();
    let checked = checked?;
    let info = DocumentInfo {
        script: &sheets.script,
        title: &line(&sheets.title)?,
        author: "",
    };
    let mut pages = Pages::new(fonts, &info);
    if checked.is_empty() {
        pages.page(WIDTH, HEIGHT, |_| {});
    }
    let drawing = Drawing {
        layout,
        right_to_left: sheets.script.right_to_left,
        competition: &competition,
        code_description: &sheets.code_description,
    };
    for sheet in checked.chunks(layout.per_sheet()) {
        pages.page(WIDTH, HEIGHT, |canvas| drawing.sheet(canvas, sheet));
    }
    pages.finish()
}

fn checked(badge: &Badge) -> Result<Badge, PdfError> {
    let optional = |text: &Option<String>| text.as_deref().map(line).transpose();
    if let Some(code) = &badge.code {
        code.check()?;
    }
    Ok(Badge {
        name: line(&badge.name)?,
        division: optional(&badge.division)?,
        number: optional(&badge.number)?,
        code: badge.code.clone(),
    })
}

/// What all badges of a document have in common.
struct Drawing<'a> {
    layout: BadgeLayout,
    right_to_left: bool,
    competition: &'a str,
    code_description: &'a str,
}

impl Drawing<'_> {
    fn sheet(&self, canvas: &mut Canvas<'_, '_>, badges: &[Badge]) {
        self.cut_marks(canvas);
        let (columns, _) = self.layout.grid();
        for (position, badge) in (0_u16..).zip(badges) {
            let column = position % columns;
            // The first badge is where reading begins.
            let column = match self.right_to_left {
                true => columns - 1 - column,
                false => column,
            };
            let area = self.area(column, position / columns);
            match self.layout {
                BadgeLayout::Card => self.card(canvas, badge, area),
                BadgeLayout::Large => self.large(canvas, badge, area),
            }
        }
    }

    /// Returns the upper left corner of the first badge.
    fn origin(&self) -> (f32, f32) {
        let (width, height) = self.layout.size();
        let (columns, rows) = self.layout.grid();
        (
            (WIDTH - width * f32::from(columns)) / 2.0,
            (HEIGHT - height * f32::from(rows)) / 2.0,
        )
    }

    fn area(&self, column: u16, row: u16) -> Area {
        let (width, height) = self.layout.size();
        let (left, top) = self.origin();
        Area {
            x: left + width * f32::from(column),
            y: top + height * f32::from(row),
            width,
            height,
        }
    }

    /// Draws a mark at both ends of each cut, outside of the badges.
    fn cut_marks(&self, canvas: &mut Canvas<'_, '_>) {
        let (columns, rows) = self.layout.grid();
        let (left, top) = self.origin();
        let (right, bottom) = (WIDTH - left, HEIGHT - top);
        let mut marks = Vec::new();
        for column in 0..=columns {
            let x = self.area(column, 0).x;
            marks.push([(x, top - GAP - MARK), (x, top - GAP)]);
            marks.push([(x, bottom + GAP), (x, bottom + GAP + MARK)]);
        }
        for row in 0..=rows {
            let y = self.area(0, row).y;
            marks.push([(left - GAP - MARK, y), (left - GAP, y)]);
            marks.push([(right + GAP, y), (right + GAP + MARK, y)]);
        }
        canvas.lines(&marks, 0.4, ArtifactType::Page);
    }

    /// Draws a badge whose QR code stands beside its texts.
    fn card(&self, canvas: &mut Canvas<'_, '_>, badge: &Badge, area: Area) {
        let code = 30.0 * MM;
        let inner = area.width - 2.0 * MARGIN;
        let texts = match badge.code {
            Some(_) => inner - code - 2.0 * MM,
            None => inner,
        };
        let (text_x, code_x) = match self.right_to_left {
            true => (area.x + area.width - MARGIN - texts, area.x + MARGIN),
            false => (area.x + MARGIN, area.x + area.width - MARGIN - code),
        };
        self.head(canvas, area, 8.0);
        let row = |top: f32, height: f32| Area {
            x: text_x,
            y: area.y + top * MM,
            width: texts,
            height: height * MM,
        };
        let start = Alignment::Start;
        name(canvas, badge, row(11.0, 21.0), 20.0, start);
        division(canvas, badge, row(32.0, 6.0), 11.0, start);
        number(canvas, badge, row(38.0, 13.0), 26.0, start);
        if let Some(qr) = &badge.code {
            let area = Area {
                x: code_x,
                y: area.y + 17.0 * MM,
                width: code,
                height: code,
            };
            canvas.code(qr, self.code_description, area);
        }
    }

    /// Draws a badge whose QR code stands below its texts.
    fn large(&self, canvas: &mut Canvas<'_, '_>, badge: &Badge, area: Area) {
        self.head(canvas, area, 12.0);
        let row = |top: f32, height: f32| Area {
            x: area.x + MARGIN,
            y: area.y + top * MM,
            width: area.width - 2.0 * MARGIN,
            height: height * MM,
        };
        let center = Alignment::Center;
        name(canvas, badge, row(18.0, 32.0), 30.0, center);
        division(canvas, badge, row(51.0, 8.0), 14.0, center);
        number(canvas, badge, row(60.0, 20.0), 44.0, center);
        if let Some(qr) = &badge.code {
            canvas.code(qr, self.code_description, row(83.0, 42.0));
        }
    }

    /// Draws the competition above a rule.
    fn head(&self, canvas: &mut Canvas<'_, '_>, area: Area, height: f32) {
        let style = Style {
            size: 9.0,
            smallest: 5.0,
            bold: false,
            lines: 1,
            alignment: Alignment::Start,
            is_name: true,
        };
        let text = Area {
            x: area.x + MARGIN,
            y: area.y + (height - 5.0) * MM,
            width: area.width - 2.0 * MARGIN,
            height: 5.0 * MM,
        };
        canvas.text(Role::Paragraph, self.competition, style, MUTED, text);
        let rule = Area {
            x: area.x + MARGIN,
            y: area.y + (height + 0.8) * MM,
            width: area.width - 2.0 * MARGIN,
            height: 0.6 * MM,
        };
        canvas.fill(rule, ACCENT);
    }
}

fn name(canvas: &mut Canvas<'_, '_>, badge: &Badge, area: Area, size: f32, alignment: Alignment) {
    let style = Style {
        size,
        smallest: 7.0,
        bold: true,
        lines: 2,
        alignment,
        is_name: true,
    };
    canvas.text(Role::Heading(1), &badge.name, style, INK, area);
}

fn division(
    canvas: &mut Canvas<'_, '_>,
    badge: &Badge,
    area: Area,
    size: f32,
    alignment: Alignment,
) {
    let style = Style {
        size,
        smallest: 6.0,
        bold: false,
        lines: 1,
        alignment,
        is_name: true,
    };
    let division = badge.division.as_deref().unwrap_or_default();
    canvas.text(Role::Paragraph, division, style, MUTED, area);
}

fn number(canvas: &mut Canvas<'_, '_>, badge: &Badge, area: Area, size: f32, alignment: Alignment) {
    let style = Style {
        size,
        smallest: 8.0,
        bold: true,
        lines: 1,
        alignment,
        is_name: true,
    };
    let number = badge.number.as_deref().unwrap_or_default();
    canvas.text(Role::Paragraph, number, style, ACCENT, area);
}
