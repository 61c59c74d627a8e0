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
    created: "Created",
    edited: "Edited",
    published: "Published",
    called_off: "Called off",
    paused: "Registration paused",
    resumed: "Registration resumed",
    announced: "Announcement sent",
    withdrawn: "Announcement withdrawn",
    exported: "Participants exported",
};
