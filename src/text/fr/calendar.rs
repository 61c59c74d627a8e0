//! Sentences of calendar files.

use super::language::LANGUAGE;
use crate::text::CalendarText;

pub(super) const CALENDAR: CalendarText = CalendarText {
    language: LANGUAGE,
    opening: "Ouverture des inscriptions : {title}",
};
