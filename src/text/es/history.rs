//! Sentences of the page that says who changed what.

use super::language::LANGUAGE;
use crate::text::HistoryText;

pub(super) const HISTORY: HistoryText = HistoryText {
    language: LANGUAGE,
    title: "Historial",
    lead: "Quién cambió qué, lo más reciente primero. Las horas son las del lugar.",
    col_when: "Cuándo",
    col_who: "Quién",
    col_what: "Qué",
    col_change: "Cambio",
    operator: "El operador de este sitio",
    automatic: "Automático",
    author_may_not: "La persona que lo escribió ya no puede escribir a los participantes.",
    registrations: "{n, plural, one {1 inscripción} many {{n} de inscripciones} other {{n} inscripciones}}",
};
