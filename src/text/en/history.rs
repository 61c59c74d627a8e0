//! Sentences of the page that says who changed what.

use super::language::LANGUAGE;
use crate::text::HistoryText;

pub(super) const HISTORY: HistoryText = HistoryText {
    language: LANGUAGE,
    title: "History",
    lead: "Who changed what, the newest first. Times are those of the venue.",
    col_when: "When",
    col_who: "Who",
    col_what: "What",
    col_change: "Change",
    operator: "The operator of this site",
    automatic: "Automatic",
    author_may_not: "Its author may not write to participants any more.",
    registrations: "{n, plural, one {1 registration} other {{n} registrations}}",
};
