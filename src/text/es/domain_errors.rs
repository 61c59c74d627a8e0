//! Sentences that explain domain errors to people.

use super::language::LANGUAGE;
use crate::text::DomainErrorText;

pub(super) const DOMAIN_ERRORS: DomainErrorText = DomainErrorText {
    language: LANGUAGE,
    unauthenticated: "Inicia sesión primero.",
    invalid_credentials: "El correo o la contraseña no son correctos.",
    second_factor_required: "Escribe también el código de tu app de autenticación.",
    invalid_second_factor: "Este código no es correcto o ya se usó. Espera al siguiente.",
    second_factor_active: "La verificación en dos pasos ya está activada. Desactívala primero para configurar otra app.",
    recent_login_required: "Escribe tu contraseña para continuar.",
    token_invalid: "Este enlace ya no es válido: se usó o es demasiado antiguo. Pide uno nuevo.",
    email_not_verified: "Confirma primero tu dirección de correo: abre el enlace del correo que te enviamos.",
    account_disabled: "Esta cuenta está desactivada. Pregunta a quienes gestionan este sitio.",
    organizes_competitions: "Organizas competiciones que no han terminado. Cancélalas primero.",
    forbidden: "No tienes permiso para hacer eso.",
    not_found: "Ya no existe.",
    invalid: "Revisa algunos campos.",
    email_taken: "Ya existe una cuenta con esta dirección de correo.",
    stale_form: "Este formulario estaba desactualizado. Pulsa el botón otra vez.",
    request_in_progress: "Tu primer clic todavía se está procesando. Vuelve a mirar en un momento.",
    competition_full: "Todas las plazas están ocupadas: alguien se llevó la última justo antes que tú.",
    already_registered: "Ya te has inscrito.",
    registration_closed: "La inscripción está cerrada.",
    not_open_yet: "Todavía no está abierta: la inscripción abre el {when}.",
    capacity_below_registrations: "Ya hay más plazas ocupadas. Elige como mínimo el número de plazas ocupadas.",
    precondition_failed: "Otra persona guardó cambios mientras escribías. Los campos que no tocaste muestran ahora los suyos. Donde los dos cambiasteis algo, el campo tiene lo que escribiste y lo suyo aparece al lado. Guarda de nuevo para dejarlo así.",
    too_many_requests: "Vas un poco rápido. Inténtalo de nuevo en {seconds} s.",
    unsupported_picture: "Este archivo no es una imagen JPEG, PNG ni WebP. Elige otro.",
    pictures_unavailable: "Las imágenes no están disponibles ahora mismo. No se ha cambiado nada: inténtalo más tarde.",
    overloaded: "Hay muchísima gente ahora mismo. No se ha hecho ningún cambio: puedes intentarlo de nuevo con tranquilidad.",
    api_recent_login_required: "Inicia sesión otra vez para hacer esto: la iniciaste hace más de 15 minutos.",
    api_idempotency_key_required: "Se necesita un Idempotency-Key válido: de 1 a 255 caracteres ASCII visibles.",
    api_idempotency_key_reused: "Este Idempotency-Key ya se usó en otra solicitud.",
    api_request_in_progress: "La primera solicitud con este Idempotency-Key todavía se está procesando.",
    api_precondition_failed: "Ha cambiado entretanto. Vuelve a cargarlo y repite tu cambio.",
};
