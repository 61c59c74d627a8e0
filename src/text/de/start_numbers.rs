//! Sentences about start numbers.

use super::language::LANGUAGE;
use crate::text::StartNumbersText;

pub(super) const START_NUMBERS: StartNumbersText = StartNumbersText {
    language: LANGUAGE,
    title: "Startnummern",
    lead: "Alle mit einem Platz bekommen eine Nummer nach einer Regel. Vergebene Nummern bleiben, und keine wird zweimal vergeben, auch nicht nach einer Absage.",
    order: "Reihenfolge",
    by_name: "Nach Namen",
    by_registration: "Nach Zeit der Anmeldung",
    from: "Erste Nummer",
    from_hint: "Für Kategorien ohne eigene Nummern. Eine Kategorie kommt nach der anderen.",
    preview: "Vorschau zeigen",
    preview_title: "Vorschau",
    to_give: "Zu vergebende Nummern: {n}",
    kept: "Nummern, die bleiben: {n}",
    without: "Ohne Nummer, weil der Bereich ihrer Kategorie aufgebraucht ist: {n}",
    first_of_them: "Die ersten davon",
    give: "Diese Nummern vergeben",
    given: "Vergebene Nummern: {n}",
    nobody: "Alle mit einem Platz haben eine Nummer.",
    number: "Startnummer",
    column: "Nr.",
    division_from: "Erste Startnummer",
    division_to: "Letzte Startnummer",
    out_of_order: "Die letzte Nummer kann nicht kleiner sein als die erste.",
    half_a_range: "Gib die erste und die letzte Nummer an oder keine von beiden.",
};
