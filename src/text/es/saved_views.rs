//! Sentences about the saved views of a competition's participants.

use super::language::LANGUAGE;
use crate::text::SavedViewsText;

pub(super) const SAVED_VIEWS: SavedViewsText = SavedViewsText {
    language: LANGUAGE,
    title: "Vistas guardadas",
    everyone: "Todas las personas",
    save_title: "Guardar esta vista",
    name: "Nombre de la vista",
    save: "Guardar vista",
    saved: "La vista «{name}» está guardada. La ven todas las personas que trabajan en esta competición.",
    change_title: "Cambiar «{name}»",
    rename: "Cambiar el nombre",
    renamed: "La vista tiene un nombre nuevo.",
    delete: "Eliminar vista",
    deleted: "La vista se ha eliminado. Ninguna inscripción ha cambiado.",
    audience_hint: "Quienes la vista muestre al enviar el anuncio, salvo quienes hayan cancelado.",
    send_at_least: "{n, plural, one {Enviar al menos a 1 persona} many {Enviar al menos a {n} de personas} other {Enviar al menos a {n} personas}}",
    schedule_at_least: "{n, plural, one {Programar para al menos 1 persona} many {Programar para al menos {n} de personas} other {Programar para al menos {n} personas}}",
    enter_name: "Escribe un nombre para la vista.",
    name_taken: "Otra vista tiene este nombre.",
    too_many: "{n, plural, one {Una competición tiene como máximo 1 vista guardada. Elimina una primero.} many {Una competición tiene como máximo {n} de vistas guardadas. Elimina una primero.} other {Una competición tiene como máximo {n} vistas guardadas. Elimina una primero.}}",
    unknown: "Elige una vista guardada de esta competición.",
};
