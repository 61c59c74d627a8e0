//! Sentences that both the server and the islands in the browser use.

use super::language::LANGUAGE;
use crate::text::IslandText;

pub(super) const ISLANDS: IslandText = IslandText {
    language: LANGUAGE,
    seats_of: "{capacity, plural, one {Platz frei, der einzige} other {von {capacity} Plätzen frei}}",
    seats_taken: "{capacity, plural, one {Der einzige Platz ist nicht mehr offen} other {Keiner von {capacity} Plätzen ist mehr offen}}",
    every_seat_taken: "Kein Platz ist mehr offen.",
    every_seat_taken_waiting: "{n, plural, one {Kein Platz ist mehr offen; 1 Person wartet.} other {Kein Platz ist mehr offen; {n} Personen warten.}}",
    seats_left: "{n, plural, one {1 Platz frei.} other {{n} Plätze frei.}}",
    waiting: "{n} auf der Warteliste",
    registering: "Anmeldung läuft…",
    retrying: "Die Verbindung ist langsam. Neuer Versuch…",
    gave_up: "Der Server war nicht erreichbar. Nichts ist verloren: Drück den Knopf noch einmal, oder wir versuchen es, sobald du wieder online bist.",
    theme_auto: "Design: automatisch",
    theme_light: "Design: hell",
    theme_dark: "Design: dunkel",
    opens_in: "In {span}.",
    unread: "{n, plural, one {1 ungelesene Nachricht} other {{n} ungelesene Nachrichten}}",
    closes_in: "schließt in {span}",
    span_days: "{days} Tagen",
    span_days_short: "{days} Tg.",
    span_days_hours: "{days} Tg. {hours} Std.",
    span_hours_minutes: "{hours} Std. {minutes} Min.",
    span_minutes: "{minutes} Min.",
    span_minutes_seconds: "{minutes} Min. {seconds} Sek.",
    closed: "Anmeldung geschlossen",
    suggestions: "Vorschläge",
    field_for_you: "In {zone}. Für dich: {own}.",
    for_you: "· {own} für dich",
    your_time: "Deine Zeitzone: {zone}",
};
