//! Fits texts into boxes. A text that is too long for its box is set smaller, then broken anywhere, then shortened: it
//! never leaves the box.

use std::borrow::Cow;

use parley::{
    Alignment, AlignmentOptions, BaseDirection, FontFamily, FontFamilyName, FontWeight, Language,
    Layout, LayoutContext, LineHeight, OverflowWrap, StyleProperty,
};

use crate::{Fonts, Script};

/// How much smaller each attempt is than the one before.
const STEP: f32 = 0.93;
/// The most attempts: enough to halve the size several times.
const ATTEMPTS: usize = 40;

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// The size in points.
    pub(crate) size: f32,
    /// The size below which the text is not made smaller.
    pub(crate) smallest: f32,
    /// Whether it is bold.
    pub(crate) bold: bool,
    /// The largest number of lines.
    pub(crate) lines: usize,
    /// Where lines stand in the box, as seen by those who read the language of the document.
    pub(crate) alignment: Alignment,
    /// Whether the text has a direction of its own, as names have. Other texts have that of the document.
    pub(crate) is_name: bool,
}

/// A text as lines of glyphs.
pub(crate) struct Fitted {
    /// What is shown, which is shorter than the text if even the smallest size has no room for it.
    pub(crate) text: String,
    pub(crate) layout: Layout<()>,
}

/// Sets texts. It belongs to one document.
pub(crate) struct Typesetter {
    fonts: Fonts,
    families: Vec<String>,
    right_to_left: bool,
    language: Option<Language>,
    layouts: LayoutContext<()>,
}

impl Typesetter {
    pub(crate) fn new(fonts: &Fonts, script: &Script) -> Self {
        Self {
            families: fonts.families(&script.language),
            fonts: fonts.clone(),
            right_to_left: script.right_to_left,
            language: Language::parse(&script.language).ok(),
            layouts: LayoutContext::new(),
        }
    }

    /// Sets a text in a box of this width and height, as large as it fits.
    pub(crate) fn fit(&mut self, text: &str, style: Style, width: f32, height: f32) -> Fitted {
        let fits = |layout: &Layout<()>| {
            layout.len() <= style.lines && layout.width() <= width && layout.height() <= height
        };
        let mut size = style.size;
        for _ in 0..ATTEMPTS {
            let layout = self.lay_out(text, style, size, width, OverflowWrap::Normal);
            if fits(&layout) {
                return Fitted {
                    text: text.to_owned(),
                    layout,
                };
            }
            if size <= style.smallest {
                break;
            }
            size = (size * STEP).max(style.smallest);
        }
        self.shorten(text, style, width, fits)
    }

    /// Sets a text at the smallest size, with as many of its characters as fit.
    fn shorten(
        &mut self,
        text: &str,
        style: Style,
        width: f32,
        fits: impl Fn(&Layout<()>) -> bool,
    ) -> Fitted {
        let mut set = |text: String| {
            let wrap = OverflowWrap::Anywhere;
            let layout = self.lay_out(&text, style, style.smallest, width, wrap);
            Fitted { text, layout }
        };
        let whole = set(text.to_owned());
        if fits(&whole.layout) {
            return whole;
        }
        let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
        let (mut kept, mut too_many) = (0, ends.len());
        let mut best = set(String::from("…"));
        while too_many - kept > 1 {
            let middle = usize::midpoint(kept, too_many);
            let shorter = set(format!("{}…", text[..ends[middle]].trim_end()));
            if fits(&shorter.layout) {
                (kept, best) = (middle, shorter);
            } else {
                too_many = middle;
            }
        }
        best
    }

    fn lay_out(
        &mut self,
        text: &str,
        style: Style,
        size: f32,
        width: f32,
        wrap: OverflowWrap,
    ) -> Layout<()> {
        let families: Vec<_> = self
            .families
            .iter()
            .map(|name| FontFamilyName::Named(Cow::Borrowed(name.as_str())))
            .collect();
        let direction = match (style.is_name, self.right_to_left) {
            (true, _) => BaseDirection::Auto,
            (false, true) => BaseDirection::Rtl,
            (false, false) => BaseDirection::Ltr,
        };
        // Not relative to the direction of the text, which may be another one than that of the document.
        let alignment = match (style.alignment, self.right_to_left) {
            (Alignment::Start, false) | (Alignment::End, true) => Alignment::Left,
            (Alignment::Start, true) | (Alignment::End, false) => Alignment::Right,
            (other, _) => other,
        };
        let context = &mut self.fonts.context;
        let mut builder = self.layouts.ranged_builder(context, text, 1.0, false);
        builder.set_base_direction(direction);
        builder.push_default(FontFamily::List(Cow::Owned(families)));
        builder.push_default(StyleProperty::FontSize(size));
        builder.push_default(LineHeight::FontSizeRelative(1.3));
        builder.push_default(StyleProperty::Locale(self.language));
        builder.push_default(StyleProperty::OverflowWrap(wrap));
        if style.bold {
            builder.push_default(FontWeight::BOLD);
        }
        let mut layout = builder.build(text);
        layout.break_all_lines(Some(width));
        layout.align(alignment, AlignmentOptions::default());
        layout
    }
}
