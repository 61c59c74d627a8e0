//! Sentences of tickets, as pages and as pictures.

use super::language::LANGUAGE;
use crate::text::TicketText;

pub(super) const TICKET: TicketText = TicketText {
    language: LANGUAGE,
    page_title: "Dein Ticket: {title}",
    title: "Du bist dabei!",
    seated: "Dein Platz ist bestätigt. Das ist dein Ticket.",
    pending: "Der Platz gehört dir. Die Bestätigung ist unterwegs in dein Postfach.",
    cancelled_title: "Du bist nicht angemeldet",
    cancelled: "Diese Anmeldung wurde storniert, und ihr Ticket ist nicht gültig.",
    number: "Ticket",
    qr_title: "QR-Code für den Einlass",
    show_code: "Zeig diesen Code beim Einlass",
    save: "Als Bild speichern",
    google: "Google Kalender",
    outlook: "Outlook",
    file: "Kalenderdatei (.ics)",
    friends: "Zusammen macht es mehr Spaß",
    friends_text: "Schick anderen die Seite des Wettbewerbs:",
    copy: "Link kopieren",
    copied: "Kopiert",
    cannot_come: "Du kannst nicht kommen? Storniere, damit jemand anderes deinen Platz haben kann.",
    changed_mind: "Anders überlegt?",
    view_competition: "Wettbewerb ansehen",
};
