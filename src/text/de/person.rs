//! Sentences of the page about one participant of a competition.

use super::language::LANGUAGE;
use crate::text::PersonText;

pub(super) const PERSON: PersonText = PersonText {
    language: LANGUAGE,
    timeline: "Was geschehen ist",
    seat_taken: "Angemeldet, mit Platz",
    waitlisted: "Auf die Warteliste gesetzt",
    promoted: "Platz von der Warteliste bekommen",
    cancelled: "Storniert",
    queued: "Eine Nachricht wird gleich geschrieben ({job})",
    attempt_failed: "{n, plural, one {Eine Nachricht konnte nicht geschrieben werden; es wird erneut versucht ({job})} other {Eine Nachricht konnte {n}-mal nicht geschrieben werden; es wird erneut versucht ({job})}}",
    given_up: "Eine Nachricht konnte nicht geschrieben werden ({job}). Die Administration kann es erneut versuchen.",
    written: "Nachricht im Postfach: {kind}",
    sent: "Als E-Mail verschickt: {kind}",
    notes: "Notizen",
    notes_lead: "Nur wer diesen Wettbewerb leitet, sieht sie.",
    notes_none: "Es gibt noch keine Notizen.",
    note: "Notiz",
    add_note: "Notiz hinzufügen",
    delete_note: "Notiz von {author} löschen",
    note_added: "Die Notiz ist gespeichert.",
    note_deleted: "Die Notiz ist gelöscht.",
    too_many_notes: "{n, plural, one {Eine Anmeldung hat höchstens 1 Notiz. Lösche zuerst eine.} other {Eine Anmeldung hat höchstens {n} Notizen. Lösche zuerst eine.}}",
    acts: "Anmeldung",
    cancel: "Anmeldung stornieren …",
    to_list: "Alle Personen",
    open_page: "Als Seite öffnen",
    not_sent: "Der Server war nicht erreichbar. Was du getippt hast, ist noch da: Versuch es noch einmal.",
};
