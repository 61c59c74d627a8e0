//! Sentences of the page about one participant of a competition.

use super::language::LANGUAGE;
use crate::text::PersonText;

pub(super) const PERSON: PersonText = PersonText {
    language: LANGUAGE,
    timeline: "Ce qui s’est passé",
    seat_taken: "Inscription avec une place",
    waitlisted: "Ajout à la liste d’attente",
    promoted: "Place obtenue depuis la liste d’attente",
    cancelled: "Annulée",
    queued: "Un message va être écrit ({job})",
    attempt_failed: "{n, plural, one {Un message n’a pas pu être écrit ({n} fois) ; un nouvel essai suivra ({job})} many {Un message n’a pas pu être écrit ({n} de fois) ; un nouvel essai suivra ({job})} other {Un message n’a pas pu être écrit ({n} fois) ; un nouvel essai suivra ({job})}}",
    given_up: "Un message n’a pas pu être écrit ({job}). L’administration peut réessayer.",
    written: "Message dans la boîte de réception : {kind}",
    sent: "Envoyé par e-mail : {kind}",
    notes: "Notes",
    notes_lead: "Seules les personnes qui gèrent cette compétition les voient.",
    notes_none: "Il n’y a pas encore de notes.",
    note: "Note",
    add_note: "Ajouter la note",
    delete_note: "Supprimer la note de {author}",
    note_added: "La note est enregistrée.",
    note_deleted: "La note est supprimée.",
    too_many_notes: "{n, plural, one {Une inscription a au plus {n} note. Supprimez-en une d’abord.} many {Une inscription a au plus {n} de notes. Supprimez-en une d’abord.} other {Une inscription a au plus {n} notes. Supprimez-en une d’abord.}}",
    acts: "Inscription",
    cancel: "Annuler l’inscription…",
    to_list: "Toutes les personnes",
    open_page: "Ouvrir dans une page",
    not_sent: "Le serveur est injoignable. Votre texte est toujours là : réessayez.",
};
