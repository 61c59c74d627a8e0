//! Sentences of tickets, as pages and as pictures.

use super::language::LANGUAGE;
use crate::text::TicketText;

pub(super) const TICKET: TicketText = TicketText {
    language: LANGUAGE,
    page_title: "Votre billet : {title}",
    title: "C’est bon !",
    seated: "Votre place est confirmée. Voici votre billet.",
    pending: "La place est à vous. La confirmation arrive dans votre boîte de réception.",
    cancelled_title: "Vous n’êtes plus inscrit(e)",
    cancelled: "Cette inscription a été annulée et son billet n’est pas valable.",
    number: "Billet",
    qr_title: "Code QR pour l’accueil",
    show_code: "Présentez ce code à l’accueil",
    save: "Enregistrer l’image",
    google: "Google Agenda",
    outlook: "Outlook",
    file: "Fichier de calendrier (.ics)",
    friends: "C’est mieux à plusieurs",
    friends_text: "Envoyez à vos amis la page de la compétition :",
    copy: "Copier le lien",
    copied: "Copié",
    cannot_come: "Un empêchement ? Annulez : quelqu’un d’autre pourra prendre votre place.",
    changed_mind: "Vous avez changé d’avis ?",
    view_competition: "Voir la compétition",
};
