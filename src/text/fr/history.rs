//! Sentences of the page that says who changed what.

use super::language::LANGUAGE;
use crate::text::HistoryText;

pub(super) const HISTORY: HistoryText = HistoryText {
    language: LANGUAGE,
    title: "Historique",
    lead: "Qui a changé quoi, du plus récent au plus ancien. Les heures sont celles du lieu.",
    col_when: "Quand",
    col_who: "Qui",
    col_what: "Quoi",
    col_change: "Modification",
    operator: "L’exploitant de ce site",
    automatic: "Automatique",
    author_may_not: "La personne qui l’a rédigée ne peut plus écrire aux participants.",
    registrations: "{n, plural, one {{n} inscription} many {{n} d’inscriptions} other {{n} inscriptions}}",
};
