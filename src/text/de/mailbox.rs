//! Sentences of the mailbox, and of the page behind the unsubscribe link of a mail.

use super::language::LANGUAGE;
use crate::text::{MailboxText, UnsubscribeText};

pub(super) const UNSUBSCRIBE: UnsubscribeText = UnsubscribeText {
    language: LANGUAGE,
    title_reminders: "Keine Erinnerungen mehr per Mail?",
    title_opening_reminders: "Keine Erinnerungen an Anmeldestarts mehr per Mail?",
    title_announcements: "Keine Ankündigungen mehr per Mail?",
    words: "Sie kommen weiter in dein Postfach hier; nur die echte Mail hört auf. Bestätigungen kommen weiterhin.",
    yes: "Diese Mails abbestellen",
    done_title: "Erledigt: keine solchen Mails mehr",
    done: "Sie kommen weiter in dein Postfach hier.",
    to_mailbox: "Zu deinem Postfach",
};

pub(super) const MAILBOX: MailboxText = MailboxText {
    language: LANGUAGE,
    title: "Postfach",
    list: "Nachrichten",
    all: "Alle",
    unread: "Ungelesen",
    none_title: "Keine Nachrichten",
    none: "Bestätigungen, Erinnerungen und Neuigkeiten von Veranstaltern kommen hier an.",
    none_unread_title: "Alles gelesen",
    none_unread: "Nichts Neues seit deinem letzten Besuch.",
    choose: "Wähle eine Nachricht, um sie zu lesen.",
    new: "Neu",
    mark_read: "Als gelesen markieren",
    to_list: "Alle Nachrichten",
    competition: "Wettbewerb ansehen",
    registrations: "Meine Anmeldungen ansehen",
    kind_confirmation: "Bestätigung",
    kind_waitlist: "Warteliste",
    kind_promotion: "Ein Platz für dich",
    kind_reminder: "Erinnerung",
    kind_cancellation: "Absage",
    kind_change: "Neuer Termin oder Ort",
    kind_announcement: "Neuigkeit",
    kind_account: "Konto",
};
