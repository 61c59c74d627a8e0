//! Sentences of tickets, as pages and as pictures.

use super::language::LANGUAGE;
use crate::text::TicketText;

pub(super) const TICKET: TicketText = TicketText {
    language: LANGUAGE,
    page_title: "Your ticket: {title}",
    title: "You’re in!",
    seated: "Your seat is confirmed. This is your ticket.",
    pending: "Your seat is yours. The confirmation is on its way to your mailbox.",
    cancelled_title: "You are not registered",
    cancelled: "This registration was cancelled, and its ticket is not valid.",
    number: "Ticket",
    qr_title: "QR code for check-in",
    show_code: "Show this code at check-in",
    save: "Save as picture",
    google: "Google Calendar",
    outlook: "Outlook",
    file: "Calendar file (.ics)",
    friends: "Better with friends",
    friends_text: "Send them the page of the competition:",
    copy: "Copy link",
    copied: "Copied",
    cannot_come: "Can’t come? Cancel, so that somebody else can have your seat.",
    changed_mind: "Changed your mind?",
    view_competition: "View competition",
};
