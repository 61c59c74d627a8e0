//! A certificate: one page, A4 across.

use krilla::tagging::ArtifactType;
use parley::Alignment;

use crate::{
    Fonts, PdfError, Printed, QrCode, Script,
    canvas::{ACCENT, Area, Canvas, Color, DocumentInfo, INK, MM, MUTED, Pages, Role},
    line,
    text::Style,
};

/// The size of the page in points: A4 across.
const WIDTH: f32 = 297.0 * MM;
const HEIGHT: f32 = 210.0 * MM;
/// Where texts begin and end.
const MARGIN: f32 = 30.0 * MM;
/// The side of the QR code.
const CODE: f32 = 26.0 * MM;
/// The width of the column of the signature.
const SIGNATURE: f32 = 80.0 * MM;

/// Everything that a certificate says, in the words of its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The language of the words.
    pub script: Script,
    /// What the page is, such as "Certificate of participation".
    pub title: String,
    /// What stands above the name, such as "This certificate is awarded to".
    pub awarded_to: String,
    /// Whose certificate it is.
    pub name: String,
    /// What stands between the name and the competition, such as "for taking part in".
    pub reason: String,
    /// The title of the competition.
    pub competition: String,
    /// When it took place.
    pub dates: String,
    /// The place that was reached, as a sentence.
    pub place: Option<String>,
    /// What else the organizer says, in one line.
    pub remark: Option<String>,
    /// Who has issued it.
    pub issuer: String,
    /// What stands below the issuer, such as "Organizer".
    pub issuer_role: String,
    /// When it was issued.
    pub issued: String,
    /// How it can be verified: a sentence.
    pub verification: String,
    /// The address at which it can be verified.
    pub address: String,
    /// The address as a QR code.
    pub code: Option<QrCode>,
}

impl Certificate {
    /// Returns the certificate with texts that can be drawn.
    fn checked(&self) -> Result<Self, PdfError> {
        let optional = |text: &Option<String>| text.as_deref().map(line).transpose();
        if let Some(code) = &self.code {
            code.check()?;
        }
        Ok(Self {
            script: self.script.clone(),
            title: line(&self.title)?,
            awarded_to: line(&self.awarded_to)?,
            name: line(&self.name)?,
            reason: line(&self.reason)?,
            competition: line(&self.competition)?,
            dates: line(&self.dates)?,
            place: optional(&self.place)?,
            remark: optional(&self.remark)?,
            issuer: line(&self.issuer)?,
            issuer_role: line(&self.issuer_role)?,
            issued: line(&self.issued)?,
            verification: line(&self.verification)?,
            address: line(&self.address)?,
            code: self.code.clone(),
        })
    }
}

/// Returns a certificate as a PDF of one page.
///
/// # Errors
/// Returns [`PdfError::TextTooLong`], [`PdfError::CodeTooLarge`], or [`PdfError::Write`] if a font is broken.
pub fn certificate(certificate: &Certificate, fonts: &Fonts) -> Result<Printed, PdfError> {
    let certificate = certificate.checked()?;
    let title = format!("{} · {}", certificate.title, certificate.competition);
    let info = DocumentInfo {
        script: &certificate.script,
        title: &title,
        author: &certificate.issuer,
    };
    let mut pages = Pages::new(fonts, &info);
    pages.page(WIDTH, HEIGHT, |canvas| draw(canvas, &certificate));
    pages.finish()
}

fn draw(canvas: &mut Canvas<'_, '_>, certificate: &Certificate) {
    frame(canvas);
    middle(canvas, certificate);
    signature(canvas, certificate);
    verification(canvas, certificate);
}

fn frame(canvas: &mut Canvas<'_, '_>) {
    let inset = |by: f32| Area {
        x: by,
        y: by,
        width: WIDTH - 2.0 * by,
        height: HEIGHT - 2.0 * by,
    };
    canvas.outline(inset(9.0 * MM), 2.0, ACCENT);
    canvas.outline(inset(11.0 * MM), 0.5, MUTED);
    let bar = Area {
        x: (WIDTH - 24.0 * MM) / 2.0,
        y: 44.0 * MM,
        width: 24.0 * MM,
        height: 1.0 * MM,
    };
    canvas.fill(bar, ACCENT);
}

/// A row of the middle of the page.
struct Row<'a> {
    role: Role,
    text: &'a str,
    color: Color,
    size: f32,
    bold: bool,
    lines: usize,
    /// From the upper edge of the page, in millimetres.
    top: f32,
    /// The height in millimetres.
    height: f32,
}

impl<'a> Row<'a> {
    const fn small(text: &'a str, top: f32) -> Self {
        Self {
            role: Role::Paragraph,
            text,
            color: MUTED,
            size: 13.0,
            bold: false,
            lines: 1,
            top,
            height: 8.0,
        }
    }

    const fn large(role: Role, text: &'a str, size: f32, lines: usize, top: f32) -> Self {
        Self {
            role,
            text,
            color: INK,
            size,
            bold: true,
            lines,
            top,
            height: 21.0,
        }
    }
}

fn middle(canvas: &mut Canvas<'_, '_>, certificate: &Certificate) {
    let title = Row {
        height: 17.0,
        ..Row::large(Role::Heading(1), &certificate.title, 30.0, 1, 25.0)
    };
    let rows = [
        title,
        Row::small(&certificate.awarded_to, 50.0),
        Row::large(Role::Heading(2), &certificate.name, 34.0, 2, 59.0),
        Row::small(&certificate.reason, 82.0),
        Row::large(Role::Heading(2), &certificate.competition, 22.0, 2, 91.0),
        Row::small(&certificate.dates, 113.0),
    ];
    let mut next = 121.0;
    let further = [&certificate.place, &certificate.remark].map(|text| {
        let text = text.as_deref().unwrap_or_default();
        let row = Row {
            color: INK,
            size: 14.0,
            lines: 2,
            height: 13.0,
            ..Row::small(text, next)
        };
        next += if text.is_empty() { 0.0 } else { 13.0 };
        row
    });
    for row in rows.iter().chain(&further) {
        let style = Style {
            size: row.size,
            smallest: 7.0,
            bold: row.bold,
            lines: row.lines,
            alignment: Alignment::Center,
            is_name: row.role != Role::Paragraph,
        };
        let area = Area {
            x: MARGIN,
            y: row.top * MM,
            width: WIDTH - 2.0 * MARGIN,
            height: row.height * MM,
        };
        canvas.text(row.role, row.text, style, row.color, area);
    }
}

/// Returns the left edge of a part that is this wide and stands at the beginning of lines, or at their end.
fn at_edge(certificate: &Certificate, width: f32, is_beginning: bool) -> f32 {
    match is_beginning != certificate.script.right_to_left {
        true => MARGIN - 8.0 * MM,
        false => WIDTH - MARGIN + 8.0 * MM - width,
    }
}

const SMALL: Style = Style {
    size: 10.0,
    smallest: 6.0,
    bold: false,
    lines: 1,
    alignment: Alignment::Start,
    is_name: false,
};

/// Draws who has issued the certificate, and when, at the beginning of lines.
fn signature(canvas: &mut Canvas<'_, '_>, certificate: &Certificate) {
    let x = at_edge(certificate, SIGNATURE, true);
    let top = 163.0 * MM;
    let area = |y: f32, height: f32| Area {
        x,
        y: top + y * MM,
        width: SIGNATURE,
        height: height * MM,
    };
    let rule = [(x, top + 9.0 * MM), (x + SIGNATURE, top + 9.0 * MM)];
    canvas.lines(&[rule], 0.7, ArtifactType::Layout);
    let issuer = Style {
        size: 13.0,
        bold: true,
        is_name: true,
        ..SMALL
    };
    let paragraph = Role::Paragraph;
    canvas.text(paragraph, &certificate.issuer, issuer, INK, area(1.0, 8.0));
    canvas.text(
        paragraph,
        &certificate.issuer_role,
        SMALL,
        MUTED,
        area(10.5, 6.0),
    );
    canvas.text(
        paragraph,
        &certificate.issued,
        SMALL,
        MUTED,
        area(16.5, 6.0),
    );
}

/// Draws how the certificate can be verified, at the end of lines.
fn verification(canvas: &mut Canvas<'_, '_>, certificate: &Certificate) {
    let x = at_edge(certificate, CODE, false);
    let top = 160.0 * MM;
    let width = 92.0 * MM;
    let beside = match certificate.script.right_to_left {
        true => x + CODE + 3.0 * MM,
        false => x - width - 3.0 * MM,
    };
    let area = |y: f32, height: f32| Area {
        x: beside,
        y: top + y * MM,
        width,
        height: height * MM,
    };
    let words = Style {
        lines: 2,
        alignment: Alignment::End,
        ..SMALL
    };
    let address = Style {
        size: 9.0,
        smallest: 4.0,
        is_name: true,
        ..words
    };
    let paragraph = Role::Paragraph;
    canvas.text(
        paragraph,
        &certificate.verification,
        words,
        MUTED,
        area(7.0, 10.0),
    );
    canvas.text(
        paragraph,
        &certificate.address,
        address,
        INK,
        area(17.0, 9.0),
    );
    if let Some(code) = &certificate.code {
        let area = Area {
            x,
            y: top,
            width: CODE,
            height: CODE,
        };
        canvas.code(code, &certificate.address, area);
    }
}
