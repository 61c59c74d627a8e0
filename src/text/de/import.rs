//! Sentences of the page on which an organizer imports a list of participants.

use super::language::LANGUAGE;
use crate::text::ImportText;

pub(super) const IMPORT: ImportText = ImportText {
    language: LANGUAGE,
    title: "Liste importieren",
    lead: "Viele Personen auf einmal hinzufügen, aus einer als CSV gespeicherten Tabelle. Du siehst, was geschehen wird, bevor etwas geschieht.",
    file: "Datei",
    file_hint: "CSV in UTF-8, höchstens 500 Zeilen: je eine E-Mail-Adresse und ein Name, in beliebiger Reihenfolge.",
    division_hint: "Die Kategorie steht in einer Spalte mit der Überschrift „{column}“.",
    people: "Oder füge die Zeilen ein",
    people_hint: "anna@example.org, Anna Ek",
    check: "Liste prüfen",
    add_title: "{n, plural, one {1 Person hinzufügen?} other {{n} Personen hinzufügen?}}",
    nobody_title: "Niemand hinzuzufügen",
    problems: "{n, plural, one {1 Zeile ist nicht brauchbar:} other {{n} Zeilen sind nicht brauchbar:}}",
    col_line: "Zeile",
    col_problem: "Problem",
    already: "{n, plural, one {1 Person ist schon angemeldet.} other {{n} Personen sind schon angemeldet.}}",
    yes: "{n, plural, one {1 Person hinzufügen} other {{n} Personen hinzufügen}}",
    other: "Andere Liste wählen",
    done: "{n, plural, one {1 Person hat einen Platz.} other {{n} Personen haben Plätze.}}",
    done_waiting: "{n, plural, one {1 Person ist auf der Warteliste.} other {{n} Personen sind auf der Warteliste.}}",
    done_already: "{n, plural, one {1 Person war schon angemeldet.} other {{n} Personen waren schon angemeldet.}}",
    done_refused: "{n, plural, one {1 Person konnte nicht hinzugefügt werden; ihre Zeile steht unten.} other {{n} Personen konnten nicht hinzugefügt werden; ihre Zeilen stehen unten.}}",
    not_utf8: "Zeile {line} ist nicht in UTF-8. Speichere die Datei als „CSV UTF-8“.",
    too_many_lines: "{n, plural, one {Die Liste hat mehr als 1 Zeile. Teile sie auf.} other {Die Liste hat mehr als {n} Zeilen. Teile sie auf.}}",
    repeated: "Dieselbe Adresse steht in Zeile {line}.",
    empty: "Keine Zeile enthält eine E-Mail-Adresse.",
};
