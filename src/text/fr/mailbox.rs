//! Sentences of the mailbox, and of the page behind the unsubscribe link of a mail.

use super::language::LANGUAGE;
use crate::text::{MailboxText, UnsubscribeText};

pub(super) const UNSUBSCRIBE: UnsubscribeText = UnsubscribeText {
    language: LANGUAGE,
    title_reminders: "Ne plus recevoir de rappels par e-mail ?",
    title_opening_reminders: "Ne plus recevoir de rappels d’ouverture par e-mail ?",
    title_announcements: "Ne plus recevoir d’annonces par e-mail ?",
    words: "Vous les recevrez toujours dans votre boîte de réception sur ce site ; seuls les e-mails s’arrêteront. Les confirmations, elles, continueront.",
    yes: "Arrêter ces e-mails",
    done_title: "C’est fait : ces e-mails s’arrêtent",
    done: "Vous les recevez toujours dans votre boîte de réception sur ce site.",
    to_mailbox: "Voir ma boîte de réception",
};

pub(super) const MAILBOX: MailboxText = MailboxText {
    language: LANGUAGE,
    title: "Boîte de réception",
    list: "Messages",
    all: "Tous",
    unread: "Non lus",
    none_title: "Aucun message",
    none: "Les confirmations, les rappels et les annonces des organisateurs arrivent ici.",
    none_unread_title: "Tout est lu",
    none_unread: "Rien de nouveau depuis votre dernière visite.",
    choose: "Choisissez un message pour le lire.",
    new: "Nouveau",
    mark_read: "Marquer comme lu",
    to_list: "Tous les messages",
    competition: "Voir la compétition",
    registrations: "Voir mes inscriptions",
    kind_confirmation: "Confirmation",
    kind_waitlist: "Liste d’attente",
    kind_promotion: "Place pour vous",
    kind_reminder: "Rappel",
    kind_cancellation: "Annulation",
    kind_change: "Date ou lieu modifié",
    kind_announcement: "Annonce",
    kind_account: "Compte",
};
