//! Sentences of calendar files.

use super::language::LANGUAGE;
use crate::text::CalendarText;

pub(super) const CALENDAR: CalendarText = CalendarText {
    language: LANGUAGE,
    opening: "参加登録の受付開始: {title}",
};
