//! Sentences of tickets, as pages and as pictures.

use super::language::LANGUAGE;
use crate::text::TicketText;

pub(super) const TICKET: TicketText = TicketText {
    language: LANGUAGE,
    page_title: "Tu entrada: {title}",
    title: "¡Tienes plaza!",
    seated: "Tu plaza está confirmada. Esta es tu entrada.",
    pending: "La plaza es tuya. La confirmación va de camino a tu buzón.",
    cancelled_title: "Ya no tienes inscripción",
    cancelled: "Esta inscripción se canceló y su entrada no es válida.",
    number: "Entrada",
    qr_title: "Código QR para el acceso",
    show_code: "Muestra este código en el acceso",
    save: "Guardar como imagen",
    google: "Google Calendar",
    outlook: "Outlook",
    file: "Archivo de calendario (.ics)",
    friends: "Mejor con amigos",
    friends_text: "Envíales la página de la competición:",
    copy: "Copiar enlace",
    copied: "Copiado",
    cannot_come: "¿No puedes venir? Cancela para que otra persona aproveche tu plaza.",
    changed_mind: "¿Has cambiado de idea?",
    view_competition: "Ver competición",
};
