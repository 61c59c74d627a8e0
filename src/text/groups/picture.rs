//! Sentences of the page on which an organizer changes the picture of a competition.

use crate::model::picture::PictureError;

sentences! {
    /// Sentences of the form for a picture.
    PictureText {
        title;
        lead;
        present;
        file;
        file_hint;
        alt;
        alt_hint;
        focus;
        focus_center;
        focus_top;
        focus_bottom;
        focus_left;
        focus_right;
        focus_top_left;
        focus_top_right;
        focus_bottom_left;
        focus_bottom_right;
        save;
        remove;
        change;
        unavailable;
        too_large;
        none_chosen;
        too_small;
        too_many_pixels;
        unreadable;
        alt_too_long;
        unknown_type;
    }
}

impl PictureText {
    /// Returns the sentence that says why a picture is not accepted.
    #[must_use]
    pub const fn explain(&self, error: PictureError) -> &'static str {
        match error {
            PictureError::UnknownType => self.unknown_type,
            PictureError::TooLarge => self.too_large,
            PictureError::TooSmall => self.too_small,
            PictureError::TooManyPixels => self.too_many_pixels,
            PictureError::Unreadable => self.unreadable,
            PictureError::LongDescription => self.alt_too_long,
        }
    }
}
