//! Sentences of the page that says who changed what.

use super::language::LANGUAGE;
use crate::text::HistoryText;

pub(super) const HISTORY: HistoryText = HistoryText {
    language: LANGUAGE,
    title: "السجل",
    lead: "من غيّر ماذا، الأحدث أولًا. الأوقات بتوقيت مكان الإقامة.",
    col_when: "متى",
    col_who: "من",
    col_what: "ماذا",
    col_change: "التغيير",
    operator: "مشغّل هذا الموقع",
};
