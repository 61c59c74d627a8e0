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
    automatic: "تلقائي",
    author_may_not: "لم يعد يحق لكاتبه مراسلة المشاركين.",
    registrations: "{n, plural, zero {{n} تسجيل} one {تسجيل واحد} two {تسجيلان} few {{n} تسجيلات} many {{n} تسجيلًا} other {{n} تسجيل}}",
};
