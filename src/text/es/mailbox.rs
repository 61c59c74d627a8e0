//! Sentences of the mailbox, and of the page behind the unsubscribe link of a mail.

use super::language::LANGUAGE;
use crate::text::{MailboxText, UnsubscribeText};

pub(super) const UNSUBSCRIBE: UnsubscribeText = UnsubscribeText {
    language: LANGUAGE,
    title_reminders: "¿Dejar de recibir recordatorios por correo?",
    title_opening_reminders: "¿Dejar de recibir recordatorios de aperturas por correo?",
    title_announcements: "¿Dejar de recibir anuncios por correo?",
    words: "Seguirán apareciendo en tu buzón de este sitio; solo dejaremos de enviarlos por correo. Las confirmaciones te seguirán llegando.",
    yes: "Dejar de recibirlos por correo",
    done_title: "Listo: no te los enviaremos más por correo",
    done: "Seguirán apareciendo en tu buzón de este sitio.",
    to_mailbox: "Ir a tu buzón",
};

pub(super) const MAILBOX: MailboxText = MailboxText {
    language: LANGUAGE,
    title: "Buzón",
    list: "Mensajes",
    all: "Todos",
    unread: "Sin leer",
    none_title: "No hay mensajes",
    none: "Aquí llegan las confirmaciones, los recordatorios y las novedades de los organizadores.",
    none_unread_title: "Todo leído",
    none_unread: "Nada nuevo desde tu última visita.",
    choose: "Elige un mensaje para leerlo.",
    new: "Nuevo",
    mark_read: "Marcar como leído",
    to_list: "Todos los mensajes",
    competition: "Ver la competición",
    registrations: "Ver mis inscripciones",
    kind_confirmation: "Confirmación",
    kind_waitlist: "Lista de espera",
    kind_promotion: "Plaza para ti",
    kind_reminder: "Recordatorio",
    kind_cancellation: "Cancelación",
    kind_change: "Nueva fecha o lugar",
    kind_announcement: "Novedades",
    kind_account: "Cuenta",
};
