//! Sentences about requests that fail before or outside of the domain.

use super::language::LANGUAGE;
use crate::text::RequestErrorText;

pub(super) const REQUEST_ERRORS: RequestErrorText = RequestErrorText {
    language: LANGUAGE,
    malformed_json: "El cuerpo no es JSON: mira la línea {line}, columna {column}.",
    malformed_body: "No se pudo leer el cuerpo hasta el final.",
    malformed_query: "No se pueden leer los parámetros de la dirección: cada nombre una vez como máximo, en UTF-8.",
    media_type: "Envía el cuerpo como application/json.",
    body_too_large: "El cuerpo es más grande de lo que aceptamos.",
    request_too_large: "Una solicitud puede tener {kibibytes} KiB como máximo.",
    proxy: "Esto no es un proxy.",
    no_path: "Una solicitud debe indicar una ruta que empiece con una barra.",
    no_single_host: "Una solicitud debe indicar un solo host, en un único campo Host.",
    bad_request_title: "Solicitud incorrecta",
    too_slow: "El cuerpo de la solicitud no llegó en {seconds} s. No se ha hecho nada con él.",
    timed_out: "Tardaba demasiado y lo hemos interrumpido. Puedes intentarlo de nuevo con tranquilidad.",
    timed_out_title: "Tardó demasiado",
    cross_site: "Esta solicitud no viene de nuestras páginas. Abre la página aquí e inténtalo de nuevo.",
    cross_site_title: "Viene de otro sitio",
    unreadable_form: "Este formulario no es de este sitio o perdió una parte por el camino. No ha cambiado nada.",
    unreadable_form_title: "Formulario ilegible",
    method_not_allowed: "Esta dirección no se puede usar de esa forma.",
    method_unknown: "Esta dirección no admite ese método. `Allow` enumera los que admite.",
    method_not_allowed_title: "Método no permitido",
    too_many_requests_title: "Demasiadas solicitudes",
    overloaded_title: "Hay muchísima gente",
    unavailable: "Algo que necesitamos no está disponible en este momento. Puedes intentarlo de nuevo con tranquilidad.",
    unavailable_title: "No disponible",
    internal_error: "Algo ha fallado por nuestra parte. Ha quedado registrado.",
    internal_error_title: "Error interno",
    back_to_front_page: "Volver a la página principal",
};
