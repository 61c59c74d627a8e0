//! Draws on pages, and tags what it draws: assistive technology reads the tags, in the order of their drawing.

use std::{collections::HashMap, num::NonZeroU16};

use krilla::{
    Document, SerializeSettings,
    color::rgb,
    geom::{Path, PathBuilder, Point, Rect},
    metadata::{Metadata, TextDirection},
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule, Stroke},
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, SpanTag, Tag, TagGroup, TagKind, TagTree},
    text::{Font, GlyphId, KrillaGlyph},
};
use parley::{Cluster, Run};

use crate::{
    Fonts, PdfError, Printed, QrCode, Script,
    text::{Style, Typesetter},
};

/// Points in a millimetre.
pub(crate) const MM: f32 = 72.0 / 25.4;

/// A colour of the sRGB space.
pub(crate) type Color = (u8, u8, u8);

/// The colour of texts.
pub(crate) const INK: Color = (0x1a, 0x1d, 0x29);
/// The colour of less important texts.
pub(crate) const MUTED: Color = (0x55, 0x5b, 0x6e);
/// The colour of ornaments.
pub(crate) const ACCENT: Color = (0x3d, 0x4f, 0xc4);

/// A box on a page, in points from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// What a text is for those who hear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Heading(u16),
    Paragraph,
}

impl Role {
    fn tag(self) -> TagKind {
        match self {
            Self::Heading(level) => {
                let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
                Tag::Hn(level, None).into()
            }
            Self::Paragraph => Tag::P.into(),
        }
    }
}

/// What is known about a document before its first page.
pub(crate) struct DocumentInfo<'a> {
    pub(crate) script: &'a Script,
    pub(crate) title: &'a str,
    /// Who made what the document is about.
    pub(crate) author: &'a str,
}

/// A document in the making.
pub(crate) struct Pages {
    document: Document,
    pub(crate) typesetter: Typesetter,
    fonts: HashMap<FontKey, Option<Font>>,
    tree: TagTree,
    missing_glyphs: usize,
}

/// A font file, the index of the font in it, and the weight for fonts that have all.
type FontKey = (u64, u32, bool);

impl Pages {
    pub(crate) fn new(fonts: &Fonts, info: &DocumentInfo<'_>) -> Self {
        let settings = SerializeSettings {
            enable_tagging: true,
            ..SerializeSettings::default()
        };
        let mut document = Document::new_with(settings);
        let script = info.script;
        let direction = match script.right_to_left {
            true => TextDirection::RightToLeft,
            false => TextDirection::LeftToRight,
        };
        let metadata = Metadata::new()
            .title(info.title.to_owned())
            .language(script.language.clone())
            .text_direction(direction)
            .authors(vec![info.author.to_owned()])
            .creator("Mini Compete".to_owned());
        document.set_metadata(metadata);
        Self {
            document,
            typesetter: Typesetter::new(fonts, script),
            fonts: HashMap::new(),
            tree: TagTree::new().with_lang(Some(script.language.clone())),
            missing_glyphs: 0,
        }
    }

    /// Draws a page of this size. What `draw` tags belongs to a section of its own.
    pub(crate) fn page(&mut self, width: f32, height: f32, draw: impl FnOnce(&mut Canvas<'_, '_>)) {
        let Some(settings) = PageSettings::from_wh(width, height) else {
            return;
        };
        let mut page = self.document.start_page_with(settings);
        let (section, missing_glyphs) = {
            let mut canvas = Canvas {
                surface: page.surface(),
                typesetter: &mut self.typesetter,
                fonts: &mut self.fonts,
                section: TagGroup::new(Tag::Section),
                missing_glyphs: 0,
            };
            draw(&mut canvas);
            (canvas.section, canvas.missing_glyphs)
        };
        page.finish();
        self.tree.push(section);
        self.missing_glyphs += missing_glyphs;
    }

    pub(crate) fn finish(mut self) -> Result<Printed, PdfError> {
        self.document.set_tag_tree(self.tree);
        let pdf = self.document.finish();
        Ok(Printed {
            pdf: pdf.map_err(|error| PdfError::Write(error.to_string()))?,
            missing_glyphs: self.missing_glyphs,
        })
    }
}

/// A page to draw on.
pub(crate) struct Canvas<'p, 'd> {
    surface: Surface<'p>,
    typesetter: &'d mut Typesetter,
    fonts: &'d mut HashMap<FontKey, Option<Font>>,
    section: TagGroup,
    missing_glyphs: usize,
}

impl Canvas<'_, '_> {
    /// Draws a text in a box, from its top. Returns the height that it takes.
    pub(crate) fn text(
        &mut self,
        role: Role,
        text: &str,
        style: Style,
        color: Color,
        area: Area,
    ) -> f32 {
        if text.is_empty() {
            return 0.0;
        }
        let fitted = self.typesetter.fit(text, style, area.width, area.height);
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(fill(color)));
        let tag = ContentTag::Span(SpanTag::empty());
        let mut group = TagGroup::new(role.tag());
        for line in fitted.layout.lines() {
            let metrics = line.metrics();
            let mut at = Point::from_xy(area.x + metrics.offset, area.y + metrics.baseline);
            let identifier = self.surface.start_tagged(tag);
            for run in line.runs() {
                at.x += self.run(&run, at, &fitted.text);
            }
            self.surface.end_tagged();
            group.push(identifier);
        }
        self.section.push(group);
        fitted.layout.height()
    }

    /// Draws glyphs of one font. Returns how far they reach.
    fn run(&mut self, run: &Run<'_, ()>, at: Point, text: &str) -> f32 {
        let size = run.font_size();
        let (glyphs, advance) = glyphs(run, size);
        self.missing_glyphs += glyphs.iter().filter(|it| it.glyph_id.to_u32() == 0).count();
        if let Some(font) = self.font(run) {
            self.surface
                .draw_glyphs(at, &glyphs, font, text, size, false);
        }
        advance
    }

    fn font(&mut self, run: &Run<'_, ()>) -> Option<Font> {
        let found = run.font();
        let variations = run.synthesis();
        let variations = variations.variation_settings();
        let key = (found.data.id(), found.index, !variations.is_empty());
        let font = self.fonts.entry(key).or_insert_with(|| {
            let (data, _) = found.data.clone().into_raw_parts();
            let coordinates: Vec<_> = variations
                .iter()
                .map(|(tag, value)| (krilla::text::Tag::new(&tag.into_bytes()), *value))
                .collect();
            Font::new_variable(data.into(), found.index, &coordinates)
        });
        font.clone()
    }

    /// Draws a filled box that only decorates.
    pub(crate) fn fill(&mut self, area: Area, color: Color) {
        let path = rectangle(area);
        self.ornament(path.as_ref(), Some(fill(color)), None, ArtifactType::Layout);
    }

    /// Draws the outline of a box that only decorates.
    pub(crate) fn outline(&mut self, area: Area, width: f32, color: Color) {
        let path = rectangle(area);
        let stroke = stroke(width, color);
        self.ornament(path.as_ref(), None, Some(stroke), ArtifactType::Layout);
    }

    /// Draws lines that only decorate, each from one point to another.
    pub(crate) fn lines(&mut self, lines: &[[(f32, f32); 2]], width: f32, kind: ArtifactType) {
        let mut path = PathBuilder::new();
        for [from, to] in lines {
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
        }
        let path = path.finish();
        self.ornament(path.as_ref(), None, Some(stroke(width, MUTED)), kind);
    }

    /// Draws a QR code, which has an empty margin of its own, in the middle of a box. `description` says what it is.
    pub(crate) fn code(&mut self, code: &QrCode, description: &str, area: Area) {
        let side = area.width.min(area.height);
        let module = side / f32::from(code.size.max(1));
        let (left, top) = (
            area.x + (area.width - side) / 2.0,
            area.y + (area.height - side) / 2.0,
        );
        let mut path = PathBuilder::new();
        for (column, row, length) in &code.runs {
            let (x, y) = (f32::from(*column) * module, f32::from(*row) * module);
            let width = f32::from(*length) * module;
            if let Some(run) = Rect::from_xywh(left + x, top + y, width, module) {
                path.push_rect(run);
            }
        }
        let Some(path) = path.finish() else {
            return;
        };
        self.surface.set_fill(Some(fill((0, 0, 0))));
        self.surface.set_stroke(None);
        let identifier = self.surface.start_tagged(ContentTag::Other);
        self.surface.draw_path(&path);
        self.surface.end_tagged();
        let mut figure = TagGroup::new(Tag::Figure(Some(description.to_owned())));
        figure.push(identifier);
        self.section.push(figure);
    }

    fn ornament(
        &mut self,
        path: Option<&Path>,
        fill: Option<Fill>,
        stroke: Option<Stroke>,
        kind: ArtifactType,
    ) {
        let Some(path) = path else {
            return;
        };
        self.surface.set_fill(fill);
        self.surface.set_stroke(stroke);
        let artifact = ContentTag::Artifact(Artifact::with_kind(kind));
        // Nothing refers to artifacts: assistive technology passes them over.
        self.surface.start_tagged(artifact);
        self.surface.draw_path(path);
        self.surface.end_tagged();
    }
}

/// Returns the glyphs of a run from left to right, with the part of the text that each stands for, and their width.
fn glyphs(run: &Run<'_, ()>, size: f32) -> (Vec<KrillaGlyph>, f32) {
    let mut glyphs: Vec<KrillaGlyph> = Vec::new();
    let mut advance = 0.0;
    // From right to left, the later parts of a ligature come before the part that has its glyph.
    let mut later_part: Option<usize> = None;
    for cluster in run.visual_clusters() {
        let range = cluster.text_range();
        if cluster.is_ligature_continuation() {
            match glyphs.last_mut().filter(|_| !run.is_rtl()) {
                Some(glyph) => glyph.text_range.end = range.end,
                None => later_part = Some(later_part.map_or(range.end, |end| end.max(range.end))),
            }
            continue;
        }
        let range = range.start..later_part.take().unwrap_or(range.end);
        advance += push_glyphs(&mut glyphs, &cluster, range, size);
    }
    (glyphs, advance)
}

fn push_glyphs(
    glyphs: &mut Vec<KrillaGlyph>,
    cluster: &Cluster<'_, ()>,
    range: std::ops::Range<usize>,
    size: f32,
) -> f32 {
    let mut advance = 0.0;
    for glyph in cluster.glyphs() {
        glyphs.push(KrillaGlyph::new(
            GlyphId::new(glyph.id),
            glyph.advance / size,
            glyph.x / size,
            glyph.y / size,
            0.0,
            range.clone(),
            None,
        ));
        advance += glyph.advance;
    }
    advance
}

fn rectangle(area: Area) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(area.x, area.y, area.width, area.height)?);
    path.finish()
}

fn fill((red, green, blue): Color) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

fn stroke(width: f32, (red, green, blue): Color) -> Stroke {
    Stroke {
        paint: rgb::Color::new(red, green, blue).into(),
        width,
        ..Stroke::default()
    }
}
