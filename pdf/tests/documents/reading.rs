//! Reads PDF files with a library that did not write them.

use hayro::{
    PixmapSettings, RenderCache, RenderSettings,
    hayro_interpret::{
        BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
        InterpreterCache, InterpreterSettings, SoftMask, TransformExt, font::GlyphRun,
        hayro_cmap::BfString, interpret_page,
    },
    hayro_syntax::Pdf,
    kurbo::{Affine, BezPath, Point, Rect},
    vello_cpu::{Pixmap, color::palette::css::WHITE},
};

/// Points in a millimetre.
pub(crate) const MM: f64 = 72.0 / 25.4;

/// A glyph on a page.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// What it stands for, as a program that copies text sees it.
    pub(crate) text: String,
    /// Where it begins, in points from the upper left corner of the page.
    pub(crate) at: Point,
}

#[derive(Default)]
struct Reader(Vec<Shown>);

impl Device<'_> for Reader {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        for glyph in run.glyphs() {
            let text = match glyph.as_unicode() {
                Some(BfString::Char(c)) => c.to_string(),
                Some(BfString::String(text)) => text,
                None => String::new(),
            };
            let at = (props.transform * glyph.transform()) * Point::ZERO;
            self.0.push(Shown { text, at });
        }
    }
    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

pub(crate) fn open(pdf: &[u8]) -> Pdf {
    Pdf::new(pdf.to_vec()).expect("a PDF file")
}

/// Returns the glyphs of a page in the order in which they are drawn.
pub(crate) fn glyphs(pdf: &Pdf, page: usize) -> Vec<Shown> {
    let page = &pdf.pages()[page];
    let cache = InterpreterCache::new();
    let transform: Affine = page.initial_transform(true).to_kurbo();
    let bounds = Rect::new(0.0, 0.0, 2_000.0, 2_000.0);
    let settings = InterpreterSettings::default();
    let mut context = Context::new(transform, bounds, &cache, page.xref(), settings);
    let mut reader = Reader::default();
    interpret_page(page, &mut context, &mut reader);
    reader.0
}

/// Returns the text of a page, in the order in which it is drawn.
pub(crate) fn text(pdf: &Pdf, page: usize) -> String {
    glyphs(pdf, page).into_iter().map(|it| it.text).collect()
}

/// A page as a picture.
pub(crate) struct Picture {
    pub(crate) pixels: Pixmap,
    scale: f64,
}

/// Draws a page with this many pixels in a point, on white.
pub(crate) fn picture(pdf: &Pdf, page: usize, scale: f32) -> Picture {
    let settings = PixmapSettings {
        x_scale: scale,
        y_scale: scale,
        bg_color: WHITE,
    };
    let interpreter = InterpreterSettings::default();
    let rendering = RenderSettings::default();
    let cache = RenderCache::new();
    let page = &pdf.pages()[page];
    let pixels = hayro::render(page, &cache, &interpreter, &rendering, &settings);
    Picture {
        pixels,
        scale: f64::from(scale),
    }
}

impl Picture {
    /// Returns whether there is ink at a place, in millimetres from the upper left corner.
    pub(crate) fn is_dark(&self, x: f64, y: f64) -> bool {
        let pixel = |mm: f64| (mm * MM * self.scale).round();
        self.is_dark_pixel(pixel(x) as u16, pixel(y) as u16)
    }

    fn is_dark_pixel(&self, x: u16, y: u16) -> bool {
        let pixel = self.pixels.sample(x, y);
        u32::from(pixel.r) + u32::from(pixel.g) + u32::from(pixel.b) < 3 * 140
    }

    /// Counts the pieces of ink in a box, whose edges are in millimetres: pixels that touch are one piece.
    pub(crate) fn pieces(&self, left: f64, top: f64, right: f64, bottom: f64) -> usize {
        let pixel = |mm: f64| (mm * MM * self.scale).round() as u16;
        let (columns, rows) = (pixel(left)..pixel(right), pixel(top)..pixel(bottom));
        let mut ink: std::collections::HashSet<(u16, u16)> = rows
            .flat_map(|y| columns.clone().map(move |x| (x, y)))
            .filter(|(x, y)| self.is_dark_pixel(*x, *y))
            .collect();
        let mut pieces = 0;
        while let Some(start) = ink.iter().next().copied() {
            pieces += 1;
            let mut ahead = vec![start];
            while let Some((x, y)) = ahead.pop() {
                if !ink.remove(&(x, y)) {
                    continue;
                }
                for (across, down) in [
                    (-1, -1),
                    (0, -1),
                    (1, -1),
                    (-1, 0),
                    (1, 0),
                    (-1, 1),
                    (0, 1),
                    (1, 1),
                ] {
                    ahead.push((x.wrapping_add_signed(across), y.wrapping_add_signed(down)));
                }
            }
        }
        pieces
    }
}
