//! Sentences of the page on which an organizer changes the picture of a competition.

use super::language::LANGUAGE;
use crate::text::PictureText;

pub(super) const PICTURE: PictureText = PictureText {
    language: LANGUAGE,
    title: "Picture",
    lead: "Shown on the cards, on the page and in previews of links. Without one, we draw a cover.",
    present: "What people see now",
    file: "New picture",
    file_hint: "JPEG, PNG or WebP, at most 10 MB and at least 600 × 315 pixels. The place where a photo was taken is removed.",
    alt: "What does it show?",
    alt_hint: "One sentence for people who can’t see it, like: Runners cross a bridge at sunrise.",
    focus: "Keep in view",
    focus_center: "The middle",
    focus_top: "The top",
    focus_bottom: "The bottom",
    focus_left: "The left",
    focus_right: "The right",
    focus_top_left: "The top left corner",
    focus_top_right: "The top right corner",
    focus_bottom_left: "The bottom left corner",
    focus_bottom_right: "The bottom right corner",
    save: "Use this picture",
    remove: "Remove the picture",
    change: "Change the picture",
    unavailable: "Pictures can’t be uploaded here: the people who run this site have to set STORAGE_URL first.",
    too_large: "A picture has at most 10 MB. Choose a smaller file.",
    none_chosen: "Choose a file first.",
    too_small: "This picture is too small: at least 600 × 315 pixels are needed.",
    too_many_pixels: "This picture has too many pixels: at most 50 million are accepted, and 16,000 on a side.",
    unreadable: "This picture could not be read. It may be damaged: save it again, and try once more.",
    alt_too_long: "Describe the picture in at most 250 characters.",
    unknown_type: "This file is no JPEG, PNG or WebP picture. Choose another one.",
};
