//! Sentences of the charts of a competition.

use super::language::LANGUAGE;
use crate::text::StatisticsText;

pub(super) const STATISTICS: StatisticsText = StatisticsText {
    language: LANGUAGE,
    chart_title: "Plazas ocupadas y capacidad",
    chart_now: "{taken} de {capacity} plazas ocupadas, {waiting} en espera.",
    chart_most: "El máximo de inscripciones, {n}, llegó a las {when}.",
    chart_cancelled: "{n, plural, one {Se canceló 1 inscripción.} many {Se cancelaron {n} de inscripciones.} other {Se cancelaron {n} inscripciones.}}",
    as_table: "Mostrar como tabla",
    col_time: "Hora",
    col_registered: "Inscripciones",
    col_cancelled: "Cancelaciones",
    col_taken: "Plazas ocupadas",
    col_waiting: "En espera",
    capacity: "Capacidad",
    section: "Evolución",
    none: "Todavía no hay inscripciones. El gráfico empieza con la primera.",
    referrers: "De dónde vienen las visitas",
    languages: "Idiomas de las visitas",
    direct: "Directo",
    others: "Otros",
    attendance: "Quién vino",
    bars_of: "{title}: {values}.",
    col_name: "Nombre",
    col_number: "Número",
};
