//! Sentences of the page that says who changed what.

use super::language::LANGUAGE;
use crate::text::HistoryText;

pub(super) const HISTORY: HistoryText = HistoryText {
    language: LANGUAGE,
    title: "Verlauf",
    lead: "Wer was geändert hat, das Neueste zuerst. Die Zeiten sind die des Veranstaltungsorts.",
    col_when: "Wann",
    col_who: "Wer",
    col_what: "Was",
    col_change: "Änderung",
    operator: "Der Betreiber dieser Website",
    automatic: "Automatisch",
    author_may_not: "Wer sie verfasst hat, darf Teilnehmenden nicht mehr schreiben.",
    registrations: "{n, plural, one {1 Anmeldung} other {{n} Anmeldungen}}",
};
