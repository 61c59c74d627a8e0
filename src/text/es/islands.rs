//! Sentences that both the server and the islands in the browser use.

use super::language::LANGUAGE;
use crate::text::IslandText;

pub(super) const ISLANDS: IslandText = IslandText {
    language: LANGUAGE,
    seats_of: "{capacity, plural, one {plaza libre, la única} many {de {capacity} de plazas libres} other {de {capacity} plazas libres}}",
    seats_taken: "{capacity, plural, one {La única plaza ya no está abierta} many {Ninguna de {capacity} de plazas está abierta} other {Ninguna de {capacity} plazas está abierta}}",
    every_seat_taken: "Ya no quedan plazas abiertas.",
    every_seat_taken_waiting: "Ya no quedan plazas abiertas; {n, plural, one {1 persona espera.} many {{n} de personas esperan.} other {{n} personas esperan.}}",
    seats_left: "{n, plural, one {1 plaza libre.} many {{n} de plazas libres.} other {{n} plazas libres.}}",
    waiting: "{n} en espera",
    registering: "Inscribiéndote…",
    retrying: "La conexión va lenta. Reintentando…",
    gave_up: "No hemos podido conectar con el servidor. No se ha perdido nada: pulsa el botón otra vez, o lo intentaremos cuando vuelvas a tener conexión.",
    theme_auto: "Aspecto: automático",
    theme_light: "Aspecto: claro",
    theme_dark: "Aspecto: oscuro",
    opens_in: "En {span}.",
    unread: "{n, plural, one {1 mensaje sin leer} many {{n} de mensajes sin leer} other {{n} mensajes sin leer}}",
    closes_in: "cierra en {span}",
    span_days: "{days} días",
    span_days_short: "{days} d",
    span_days_hours: "{days} d {hours} h",
    span_hours_minutes: "{hours} h {minutes} min",
    span_minutes: "{minutes} min",
    span_minutes_seconds: "{minutes} min {seconds} s",
    closed: "inscripción cerrada",
    suggestions: "Sugerencias",
    field_for_you: "Hora de {zone}. En tu zona: {own}.",
    for_you: "· {own} en tu zona",
    your_time: "Tu zona horaria: {zone}",
};
