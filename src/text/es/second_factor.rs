//! Sentences about the second factor of an account, which visitors know as two-step log-in.

use super::language::LANGUAGE;
use crate::text::SecondFactorText;

pub(super) const SECOND_FACTOR: SecondFactorText = SecondFactorText {
    language: LANGUAGE,
    title: "Verificación en dos pasos",
    lead: "Con ella, tu contraseña por sí sola no deja entrar a nadie: para iniciar sesión también hace falta un código de una app de tu móvil.",
    required: "Gestionas este sitio, así que tu contraseña por sí sola no debe dejar entrar a nadie. Configura una app en tu móvil y continúa.",
    off: "Desactivada. Con ella, tu contraseña por sí sola no deja entrar a nadie.",
    on_since: "Activada desde el",
    codes_left: "{left, plural, one {Queda 1 código de recuperación.} many {Quedan {left} de códigos de recuperación.} other {Quedan {left} códigos de recuperación.}}",
    set_up: "Configurar la verificación en dos pasos",
    change: "Desactivar o cambiar",
    another_secret: "Obtener otro código QR",
    scan: "Escanéalo con tu app de autenticación.",
    qr_title: "Código QR para tu app de autenticación",
    open_app: "Abrir la app en este dispositivo",
    type_secret: "o escribe esta clave en ella:",
    app_code: "Código de tu app",
    app_code_hint: "Los seis dígitos que muestra ahora.",
    turn_on: "Activar",
    codes_title: "Guarda tus códigos de recuperación",
    codes_lead: "Si no tienes tu móvil, con cada uno puedes iniciar sesión una vez. Guárdalos donde los encuentres. No podemos volver a mostrarlos.",
    codes_saved: "Ya los he guardado",
    new_codes_title: "Códigos de recuperación nuevos",
    new_codes_lead: "¿Has perdido o gastado tus códigos? Crea otros nuevos. Los anteriores dejan de funcionar al instante.",
    new_codes: "Crear códigos de recuperación nuevos",
    remove_lead: "Para iniciar sesión hace falta un código de tu app. ¿Tienes un móvil nuevo? Desactiva la verificación en dos pasos y vuelve a configurarla.",
    turn_off: "Desactivar la verificación en dos pasos",
    step_title: "Escribe tu código",
    step_lead: "Lo muestra tu app de autenticación.",
    code: "Código de tu app",
    recovery_hint: "¿Has perdido el móvil? Escribe un código de recuperación.",
    other_account: "Iniciar sesión con otra cuenta",
    begin_again: "Ha pasado demasiado tiempo. Inicia sesión otra vez.",
};
