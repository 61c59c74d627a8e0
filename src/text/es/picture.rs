//! Sentences of the page on which an organizer changes the picture of a competition.

use super::language::LANGUAGE;
use crate::text::PictureText;

pub(super) const PICTURE: PictureText = PictureText {
    language: LANGUAGE,
    title: "Imagen",
    lead: "Se ve en las tarjetas, en la página y en la vista previa de los enlaces. Sin imagen, dibujamos una portada.",
    present: "Lo que se ve ahora",
    file: "Imagen nueva",
    file_hint: "JPEG, PNG o WebP, de 10 MB como máximo y de 600 × 315 píxeles como mínimo. Se elimina el lugar donde se tomó la foto.",
    alt: "¿Qué muestra?",
    alt_hint: "Una frase para quien no puede verla, por ejemplo: Varias personas cruzan un puente corriendo al amanecer.",
    focus: "Qué debe quedar a la vista",
    focus_center: "El centro",
    focus_top: "La parte de arriba",
    focus_bottom: "La parte de abajo",
    focus_left: "La izquierda",
    focus_right: "La derecha",
    focus_top_left: "La esquina superior izquierda",
    focus_top_right: "La esquina superior derecha",
    focus_bottom_left: "La esquina inferior izquierda",
    focus_bottom_right: "La esquina inferior derecha",
    save: "Usar esta imagen",
    remove: "Quitar la imagen",
    change: "Cambiar la imagen",
    unavailable: "Aquí no se pueden subir imágenes: quien administra este sitio tiene que configurar antes STORAGE_URL.",
    too_large: "Una imagen tiene 10 MB como máximo. Elige un archivo más pequeño.",
    none_chosen: "Elige primero un archivo.",
    too_small: "Esta imagen es demasiado pequeña: hacen falta al menos 600 × 315 píxeles.",
    too_many_pixels: "Esta imagen tiene demasiados píxeles: se aceptan 50 millones como máximo, y 16 000 por lado.",
    unreadable: "No se ha podido leer esta imagen. Puede que esté dañada: guárdala de nuevo e inténtalo otra vez.",
    alt_too_long: "Describe la imagen en 250 caracteres como máximo.",
    unknown_type: "Este archivo no es una imagen JPEG, PNG ni WebP. Elige otro.",
};
