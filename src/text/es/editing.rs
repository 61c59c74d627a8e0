//! Sentences about editing, closing and deleting a competition.

use super::language::LANGUAGE;
use crate::text::EditingText;

pub(super) const EDITING: EditingText = EditingText {
    language: LANGUAGE,
    notify_title: "{n, plural, one {¿Avisar a 1 persona?} many {¿Avisar a {n} de personas?} other {¿Avisar a {n} personas?}}",
    notify_lead: "Se inscribieron para otra hora u otro lugar. Si las avisas, cada una recibe un mensaje con lo que había antes y lo que hay ahora.",
    notify_was: "antes: {value}",
    notify_unknown: "sin indicar",
    notify_yes: "{n, plural, one {Guardar y avisar a 1 persona} many {Guardar y avisar a {n} de personas} other {Guardar y avisar a {n} personas}}",
    notify_no: "Guardar sin avisar a nadie",
    capacity_title: "{n, plural, one {¿Dar plaza a 1 persona de la lista de espera?} many {¿Dar plaza a {n} de personas de la lista de espera?} other {¿Dar plaza a {n} personas de la lista de espera?}}",
    capacity_yes: "{n, plural, one {Guardar y dar plaza a 1 persona} many {Guardar y dar plaza a {n} de personas} other {Guardar y dar plaza a {n} personas}}",
    capacity_now: "Plazas ocupadas: {taken}. En espera: {waiting}. Las plazas que añadas van primero a la lista de espera, y no puede haber menos que las ocupadas.",
    conflict_title: "Lo que cambió la otra persona",
    conflict_lead: "Estos cambios ya están guardados. Donde cambiaste el mismo campo, lo tuyo sigue en el formulario hasta que decidas.",
    conflict_taken: "ya en este formulario",
    conflict_both: "tú también lo cambiaste",
    preview: "Ver la descripción",
    preview_title: "Así se verá la descripción",
    preview_empty: "Todavía no hay descripción.",
    close: "Cerrar la inscripción",
    close_title: "¿Cerrar la inscripción ahora?",
    close_words: "Desde ahora nadie podrá inscribirse ni entrar en la lista de espera. Quien ya está inscrito sigue inscrito. Puedes reabrir la inscripción hasta que empiece la competición.",
    close_numbers: "Plazas libres: {free}. En espera: {waiting}.",
    seats_reserved: "Reservadas para códigos: {seats}.",
    close_yes: "Sí, cerrarla",
    close_no: "Dejarla abierta",
    reopen: "Reabrir la inscripción",
    reopen_title: "Reabrir la inscripción",
    reopen_words: "Indica hasta cuándo se puede inscribir la gente. Se abre en cuanto guardes.",
    reopen_before: "Antes, el plazo terminaba el",
    reopen_yes: "Reabrirla",
    delete_registered: "{n, plural, one {Hay 1 persona inscrita. Cancela primero la competición para que se entere; después podrás eliminarla.} many {Hay {n} de personas inscritas. Cancela primero la competición para que se enteren; después podrás eliminarla.} other {Hay {n} personas inscritas. Cancela primero la competición para que se enteren; después podrás eliminarla.}}",
    delete_type: "Para eliminarla, escribe su título: {title}",
    delete_other_title: "Este no es el título de la competición.",
};
