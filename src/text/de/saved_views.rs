//! Sentences about the saved views of a competition's participants.

use super::language::LANGUAGE;
use crate::text::SavedViewsText;

pub(super) const SAVED_VIEWS: SavedViewsText = SavedViewsText {
    language: LANGUAGE,
    title: "Gespeicherte Ansichten",
    everyone: "Alle",
    save_title: "Diese Ansicht speichern",
    name: "Name der Ansicht",
    save: "Ansicht speichern",
    saved: "Die Ansicht „{name}“ ist gespeichert. Alle, die an diesem Wettbewerb mitarbeiten, sehen sie.",
    change_title: "„{name}“ ändern",
    rename: "Umbenennen",
    renamed: "Die Ansicht hat einen neuen Namen.",
    delete: "Ansicht löschen",
    deleted: "Die Ansicht ist gelöscht. An den Anmeldungen hat sich nichts geändert.",
    audience_hint: "Alle, die die Ansicht beim Versand zeigt, außer wer storniert hat.",
    send_at_least: "{n, plural, one {An mindestens 1 Person senden} other {An mindestens {n} Personen senden}}",
    schedule_at_least: "{n, plural, one {Für mindestens 1 Person planen} other {Für mindestens {n} Personen planen}}",
    enter_name: "Gib der Ansicht einen Namen.",
    name_taken: "Eine andere Ansicht hat diesen Namen.",
    too_many: "{n, plural, one {Ein Wettbewerb hat höchstens 1 gespeicherte Ansicht. Lösche zuerst eine.} other {Ein Wettbewerb hat höchstens {n} gespeicherte Ansichten. Lösche zuerst eine.}}",
    unknown: "Wähle eine gespeicherte Ansicht dieses Wettbewerbs.",
};
