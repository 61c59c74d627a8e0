//! Sentences that both the server and the islands in the browser use.

use super::language::LANGUAGE;
use crate::text::IslandText;

pub(super) const ISLANDS: IslandText = IslandText {
    language: LANGUAGE,
    seats_of: "{capacity, plural, =1 {place libre, la seule} one {sur {capacity} place libre} many {sur {capacity} de places libres} other {sur {capacity} places libres}}",
    seats_taken: "{capacity, plural, =1 {La seule place n’est plus ouverte} one {Aucune place ouverte sur {capacity}} many {Aucune place ouverte sur {capacity}} other {Aucune place ouverte sur {capacity}}}",
    every_seat_taken: "Il ne reste aucune place ouverte.",
    every_seat_taken_waiting: "Il ne reste aucune place ouverte ; {n, plural, one {{n} personne attend} many {{n} de personnes attendent} other {{n} personnes attendent}}.",
    seats_left: "{n, plural, one {{n} place libre} many {{n} de places libres} other {{n} places libres}}.",
    waiting: "{n} en attente",
    registering: "Inscription en cours…",
    retrying: "La connexion est lente. Nouvel essai…",
    gave_up: "Le serveur ne répond pas. Rien n’est perdu : appuyez de nouveau sur le bouton, ou nous réessaierons dès que vous serez en ligne.",
    theme_auto: "Apparence : automatique",
    theme_light: "Apparence : claire",
    theme_dark: "Apparence : sombre",
    opens_in: "Dans {span}.",
    unread: "{n, plural, one {{n} message non lu} many {{n} de messages non lus} other {{n} messages non lus}}",
    closes_in: "clôture dans {span}",
    span_days: "{days} jours",
    span_days_short: "{days} j",
    span_days_hours: "{days} j {hours} h",
    span_hours_minutes: "{hours} h {minutes} min",
    span_minutes: "{minutes} min",
    span_minutes_seconds: "{minutes} min {seconds} s",
    closed: "inscriptions closes",
    suggestions: "Suggestions",
    field_for_you: "Fuseau {zone}. Pour vous : {own}.",
    for_you: "· {own} pour vous",
    your_time: "Votre fuseau horaire : {zone}",
};
