//! Sentences about start numbers.

use super::language::LANGUAGE;
use crate::text::StartNumbersText;

pub(super) const START_NUMBERS: StartNumbersText = StartNumbersText {
    language: LANGUAGE,
    title: "Dorsales",
    lead: "Cada persona con plaza recibe un número según una regla. Los números dados se mantienen y ninguno se da dos veces, tampoco tras una cancelación.",
    order: "Orden",
    by_name: "Por nombre",
    by_registration: "Por hora de inscripción",
    from: "Primer número",
    from_hint: "Para las categorías sin números propios. Las categorías van una tras otra.",
    preview: "Ver la vista previa",
    preview_title: "Vista previa",
    to_give: "Números por dar: {n}",
    kept: "Números que se mantienen: {n}",
    without: "Sin número, porque el rango de su categoría se ha agotado: {n}",
    first_of_them: "Los primeros",
    give: "Dar estos números",
    given: "Números dados: {n}",
    nobody: "Todas las personas con plaza tienen número.",
    number: "Dorsal",
    column: "N.º",
    division_from: "Primer dorsal",
    division_to: "Último dorsal",
    out_of_order: "El último número no puede ser menor que el primero.",
    half_a_range: "Indica el primer y el último número, o ninguno.",
};
