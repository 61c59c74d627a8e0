//! Sentences of the page about one participant of a competition.

use super::language::LANGUAGE;
use crate::text::PersonText;

pub(super) const PERSON: PersonText = PersonText {
    language: LANGUAGE,
    timeline: "Qué ha pasado",
    seat_taken: "Inscripción con plaza",
    waitlisted: "Entró en la lista de espera",
    promoted: "Recibió una plaza desde la lista de espera",
    cancelled: "Cancelada",
    queued: "Se va a escribir un mensaje ({job})",
    attempt_failed: "{n, plural, one {No se pudo escribir un mensaje; se intentará de nuevo ({job})} many {No se pudo escribir un mensaje {n} de veces; se intentará de nuevo ({job})} other {No se pudo escribir un mensaje {n} veces; se intentará de nuevo ({job})}}",
    given_up: "No se pudo escribir un mensaje ({job}). Un administrador puede intentarlo de nuevo.",
    written: "Mensaje en el buzón: {kind}",
    sent: "Enviado por correo: {kind}",
    notes: "Notas",
    notes_lead: "Solo las ven quienes dirigen esta competición.",
    notes_none: "Todavía no hay notas.",
    note: "Nota",
    add_note: "Añadir la nota",
    delete_note: "Eliminar la nota de {author}",
    note_added: "La nota se ha guardado.",
    note_deleted: "La nota se ha eliminado.",
    too_many_notes: "{n, plural, one {Una inscripción tiene como máximo 1 nota. Elimina una primero.} many {Una inscripción tiene como máximo {n} de notas. Elimina una primero.} other {Una inscripción tiene como máximo {n} notas. Elimina una primero.}}",
    acts: "Inscripción",
    cancel: "Cancelar la inscripción…",
    to_list: "Todas las personas",
    open_page: "Abrir como página",
    not_sent: "No se pudo contactar con el servidor. Lo que escribiste sigue aquí: inténtalo de nuevo.",
};
