//! The picture that an organizer has uploaded for a competition.

use serde::{Deserialize, Serialize};

/// The longest description of a picture, in characters.
pub const ALT_LENGTH: usize = 250;
/// The largest file that is accepted, in bytes.
pub const MAX_BYTES: usize = 10 << 20;
/// The widths in which a picture is stored, in pixels; none is wider than what was uploaded.
pub const WIDTHS: [u32; 4] = [400, 800, 1200, 1600];
/// The smallest picture that is accepted, as width and height in pixels.
pub const SMALLEST: (u32, u32) = (600, 315);
/// The widest and the highest picture that is accepted, in pixels.
pub const LONGEST_SIDE: u32 = 16_000;
/// The most pixels of a picture that is accepted.
pub const MOST_PIXELS: u64 = 50_000_000;

/// The part of a picture that stays visible where only a part is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Focus {
    /// The middle of the picture.
    #[default]
    Center,
    /// The upper edge of the picture.
    Top,
    /// The lower edge of the picture.
    Bottom,
    /// The left edge of the picture.
    Left,
    /// The right edge of the picture.
    Right,
    /// The upper left corner.
    TopLeft,
    /// The upper right corner.
    TopRight,
    /// The lower left corner.
    BottomLeft,
    /// The lower right corner.
    BottomRight,
}

impl Focus {
    /// Every focus, in the order in which forms offer them.
    pub const ALL: [Self; 9] = [
        Self::Center,
        Self::Top,
        Self::Bottom,
        Self::Left,
        Self::Right,
        Self::TopLeft,
        Self::TopRight,
        Self::BottomLeft,
        Self::BottomRight,
    ];

    /// Returns the name in the API, in forms and in style sheets.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Center => "CENTER",
            Self::Top => "TOP",
            Self::Bottom => "BOTTOM",
            Self::Left => "LEFT",
            Self::Right => "RIGHT",
            Self::TopLeft => "TOP_LEFT",
            Self::TopRight => "TOP_RIGHT",
            Self::BottomLeft => "BOTTOM_LEFT",
            Self::BottomRight => "BOTTOM_RIGHT",
        }
    }

    /// Returns the focus with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|focus| focus.as_str() == name)
    }

    /// Returns the share of the space beside the visible part that is on its left, and the share that is
    /// above it: 0, 0.5 or 1.
    #[must_use]
    pub const fn shares(self) -> (f64, f64) {
        let x = match self {
            Self::Left | Self::TopLeft | Self::BottomLeft => 0.0,
            Self::Center | Self::Top | Self::Bottom => 0.5,
            Self::Right | Self::TopRight | Self::BottomRight => 1.0,
        };
        let y = match self {
            Self::Top | Self::TopLeft | Self::TopRight => 0.0,
            Self::Center | Self::Left | Self::Right => 0.5,
            Self::Bottom | Self::BottomLeft | Self::BottomRight => 1.0,
        };
        (x, y)
    }
}

/// The reason why a file or its description is not accepted as the picture of a competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum PictureError {
    /// The content is of none of the accepted types.
    #[error("This file is no JPEG, PNG or WebP picture.")]
    UnknownType,
    /// The file is larger than [`MAX_BYTES`].
    #[error("A picture has at most 10 MB.")]
    TooLarge,
    /// The picture has fewer pixels than are shown.
    #[error("This picture is too small: at least 600 × 315 pixels are needed.")]
    TooSmall,
    /// The picture has too many pixels.
    #[error(
        "This picture has too many pixels: at most 50 million are accepted, and 16,000 on a side."
    )]
    TooManyPixels,
    /// The content is damaged.
    #[error("This picture could not be read. It may be damaged: save it again, and try once more.")]
    Unreadable,
    /// The description is longer than [`ALT_LENGTH`].
    #[error("Describe the picture in at most 250 characters.")]
    LongDescription,
}

impl PictureError {
    /// Returns the name of the field that has the error.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::LongDescription => "alt",
            _ => "picture",
        }
    }
}

/// A stored picture, as the row of its competition holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Picture {
    /// The id of the upload, which no other upload has: a file at an address that contains it never changes.
    pub id: uuid::Uuid,
    /// The widths in which the picture is stored, in pixels, the smallest first.
    pub widths: Vec<u32>,
    /// The height of the widest one, in pixels.
    pub height: u32,
    /// What the picture shows, for people who do not see it; may be empty.
    pub alt: String,
    /// The part that stays visible where only a part is shown.
    pub focus: Focus,
}

impl Picture {
    /// Returns the greatest width in which the picture is stored, in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.widths.last().copied().unwrap_or_default()
    }

    /// Returns the smallest stored width that is not less than `wanted`, or else the greatest.
    #[must_use]
    pub fn width_for(&self, wanted: u32) -> u32 {
        let fitting = self.widths.iter().find(|width| **width >= wanted);
        fitting.copied().unwrap_or_else(|| self.width())
    }
}

/// The picture of a competition, as the response to its upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PictureView {
    /// The address of the picture in its greatest width, relative to this site. It never changes there.
    pub url: String,
    /// The greatest width, in pixels.
    pub width: u32,
    /// The height in that width, in pixels.
    pub height: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_focus_has_the_same_name_everywhere() {
        for focus in Focus::ALL {
            assert_eq!(Focus::named(focus.as_str()), Some(focus));
            assert_eq!(serde_json::json!(focus), focus.as_str());
        }
        assert_eq!(Focus::named("MIDDLE"), None);
    }
}
