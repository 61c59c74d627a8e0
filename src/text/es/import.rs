//! Sentences of the page on which an organizer imports a list of participants.

use super::language::LANGUAGE;
use crate::text::ImportText;

pub(super) const IMPORT: ImportText = ImportText {
    language: LANGUAGE,
    title: "Importar una lista",
    lead: "Añade a muchas personas a la vez desde una hoja guardada como CSV. Verás qué va a pasar antes de que pase.",
    file: "Archivo",
    file_hint: "CSV en UTF-8, 2000 líneas como máximo. Los encabezados «Nombre» y «Correo» indican qué columna es cuál; sin encabezados, cada línea tiene una dirección de correo y un nombre.",
    division_hint: "Pon la categoría en una columna con el encabezado «{column}».",
    people: "O pega las líneas",
    people_hint: "anna@example.org, Anna Ek",
    check: "Comprobar la lista",
    add_title: "{n, plural, one {¿Añadir a 1 persona?} many {¿Añadir a {n} de personas?} other {¿Añadir a {n} personas?}}",
    nobody_title: "Nadie que añadir",
    problems: "{n, plural, one {1 línea no se puede usar:} many {{n} de líneas no se pueden usar:} other {{n} líneas no se pueden usar:}}",
    col_line: "Línea",
    col_problem: "Problema",
    already: "{n, plural, one {1 persona ya está inscrita.} many {{n} de personas ya están inscritas.} other {{n} personas ya están inscritas.}}",
    yes: "{n, plural, one {Añadir a 1 persona} many {Añadir a {n} de personas} other {Añadir a {n} personas}}",
    people_to_add: "Personas que se añadirán",
    more: "{n, plural, one {Y 1 más.} many {Y {n} más.} other {Y {n} más.}}",
    other: "Elegir otra lista",
    done: "{n, plural, one {1 persona tiene plaza.} many {{n} de personas tienen plaza.} other {{n} personas tienen plaza.}}",
    done_waiting: "{n, plural, one {1 persona está en la lista de espera.} many {{n} de personas están en la lista de espera.} other {{n} personas están en la lista de espera.}}",
    done_already: "{n, plural, one {1 persona ya estaba inscrita.} many {{n} de personas ya estaban inscritas.} other {{n} personas ya estaban inscritas.}}",
    done_refused: "{n, plural, one {No se pudo añadir a 1 persona; su línea está abajo.} many {No se pudo añadir a {n} de personas; sus líneas están abajo.} other {No se pudo añadir a {n} personas; sus líneas están abajo.}}",
    not_utf8: "La línea {line} no está en UTF-8. Guarda el archivo como «CSV UTF-8».",
    too_many_lines: "{n, plural, one {La lista tiene más de 1 línea. Divídela.} many {La lista tiene más de {n} de líneas. Divídela.} other {La lista tiene más de {n} líneas. Divídela.}}",
    too_large: "La lista ocupa más de {kib} KiB. Divídela o quita columnas.",
    long_line: "La línea {line} es demasiado larga para una persona. ¿Faltan saltos de línea?",
    ragged: "{n, plural, one {La línea tiene más de 1 campo. Pon entre comillas los nombres con comas.} many {La línea tiene más de {n} de campos. Pon entre comillas los nombres con comas.} other {La línea tiene más de {n} campos. Pon entre comillas los nombres con comas.}}",
    cancelled: "Esta inscripción está cancelada.",
    repeated: "La misma dirección está en la línea {line}.",
    empty: "Ninguna línea contiene una dirección de correo.",
    paste_again: "La lista no llegó entera. Vuelve a pegarla, por partes.",
};
