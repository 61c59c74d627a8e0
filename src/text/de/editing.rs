//! Sentences about editing, closing and deleting a competition.

use super::language::LANGUAGE;
use crate::text::EditingText;

pub(super) const EDITING: EditingText = EditingText {
    language: LANGUAGE,
    notify_title: "{n, plural, one {1 Person benachrichtigen?} other {{n} Personen benachrichtigen?}}",
    notify_lead: "Sie haben sich für eine andere Zeit oder einen anderen Ort angemeldet. Wenn du sie benachrichtigst, erhält jede Person eine Nachricht mit dem, was war, und dem, was jetzt gilt.",
    notify_was: "vorher: {value}",
    notify_unknown: "nicht angegeben",
    notify_yes: "{n, plural, one {Speichern und 1 Person benachrichtigen} other {Speichern und {n} Personen benachrichtigen}}",
    notify_no: "Speichern, ohne jemanden zu benachrichtigen",
    capacity_title: "{n, plural, one {1 Person von der Warteliste nachrücken lassen?} other {{n} Personen von der Warteliste nachrücken lassen?}}",
    capacity_yes: "{n, plural, one {Speichern und 1 Person nachrücken lassen} other {Speichern und {n} Personen nachrücken lassen}}",
    capacity_now: "Vergebene Plätze: {taken}. Wartend: {waiting}. Zusätzliche Plätze gehen zuerst an die Warteliste, und weniger als vergeben sind geht nicht.",
    conflict_title: "Was die andere Person geändert hat",
    conflict_lead: "Diese Änderungen sind schon gespeichert. Wo du dasselbe Feld geändert hast, bleibt deine Eingabe im Formular, bis du dich entscheidest.",
    conflict_taken: "jetzt in diesem Formular",
    conflict_both: "du hast es auch geändert",
    preview: "Vorschau der Beschreibung",
    preview_title: "So wird die Beschreibung aussehen",
    preview_empty: "Es gibt noch keine Beschreibung.",
    close: "Anmeldung schließen",
    close_title: "Anmeldung jetzt schließen?",
    close_words: "Ab jetzt kann sich niemand mehr anmelden oder auf die Warteliste setzen lassen. Wer angemeldet ist, bleibt angemeldet. Bis zum Beginn kannst du die Anmeldung wieder öffnen.",
    close_numbers: "Freie Plätze: {free}. Wartend: {waiting}.",
    seats_reserved: "Für Codes freigehalten: {seats}.",
    close_yes: "Ja, schließen",
    close_no: "Offen lassen",
    reopen: "Anmeldung wieder öffnen",
    reopen_title: "Anmeldung wieder öffnen",
    reopen_words: "Gib an, bis wann man sich anmelden kann. Die Anmeldung öffnet, sobald du speicherst.",
    reopen_before: "Der frühere Anmeldeschluss war",
    reopen_yes: "Wieder öffnen",
    delete_registered: "{n, plural, one {1 Person ist angemeldet. Sage den Wettbewerb zuerst ab, damit sie es erfährt; danach kannst du ihn löschen.} other {{n} Personen sind angemeldet. Sage den Wettbewerb zuerst ab, damit sie es erfahren; danach kannst du ihn löschen.}}",
    delete_type: "Gib zum Löschen den Titel ein: {title}",
    delete_other_title: "Das ist nicht der Titel des Wettbewerbs.",
};
