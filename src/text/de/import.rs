//! Sentences of the page on which an organizer imports a list of participants.

use super::language::LANGUAGE;
use crate::text::ImportText;

pub(super) const IMPORT: ImportText = ImportText {
    language: LANGUAGE,
    title: "Liste importieren",
    lead: "Viele Personen auf einmal hinzufügen, aus einer als CSV gespeicherten Tabelle. Du siehst, was geschehen wird, bevor etwas geschieht.",
    file: "Datei",
    file_hint: "CSV in UTF-8, höchstens 2.000 Zeilen. Die Überschriften „Name“ und „E-Mail“ sagen, welche Spalte welche ist; ohne Überschriften hat jede Zeile eine E-Mail-Adresse und einen Namen.",
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
    people_to_add: "Personen, die hinzugefügt werden",
    more: "{n, plural, one {Und 1 weitere.} other {Und {n} weitere.}}",
    other: "Andere Liste wählen",
    done: "{n, plural, one {1 Person hat einen Platz.} other {{n} Personen haben Plätze.}}",
    done_waiting: "{n, plural, one {1 Person ist auf der Warteliste.} other {{n} Personen sind auf der Warteliste.}}",
    done_already: "{n, plural, one {1 Person war schon angemeldet.} other {{n} Personen waren schon angemeldet.}}",
    done_refused: "{n, plural, one {1 Person konnte nicht hinzugefügt werden; ihre Zeile steht unten.} other {{n} Personen konnten nicht hinzugefügt werden; ihre Zeilen stehen unten.}}",
    not_utf8: "Zeile {line} ist nicht in UTF-8. Speichere die Datei als „CSV UTF-8“.",
    too_many_lines: "{n, plural, one {Die Liste hat mehr als 1 Zeile. Teile sie auf.} other {Die Liste hat mehr als {n} Zeilen. Teile sie auf.}}",
    too_large: "Die Liste ist größer als {kib} KiB. Teile sie auf, oder lass Spalten weg.",
    long_line: "Zeile {line} ist zu lang für eine Person. Fehlen Zeilenumbrüche?",
    ragged: "{n, plural, one {Die Zeile hat mehr als 1 Feld. Setze Namen mit Komma in Anführungszeichen.} other {Die Zeile hat mehr als {n} Felder. Setze Namen mit Komma in Anführungszeichen.}}",
    cancelled: "Diese Anmeldung ist storniert.",
    repeated: "Dieselbe Adresse steht in Zeile {line}.",
    empty: "Keine Zeile enthält eine E-Mail-Adresse.",
    paste_again: "Die Liste ist nicht vollständig angekommen. Füge sie noch einmal ein, in Teilen.",
};
