//! Sentences about editing, closing and deleting a competition.

use super::language::LANGUAGE;
use crate::text::EditingText;

pub(super) const EDITING: EditingText = EditingText {
    language: LANGUAGE,
    notify_title: "{n, plural, one {Prévenir {n} personne ?} many {Prévenir {n} de personnes ?} other {Prévenir {n} personnes ?}}",
    notify_lead: "Ces personnes se sont inscrites pour une autre heure ou un autre lieu. Si vous les prévenez, chacune reçoit un message avec l’ancien et le nouveau.",
    notify_was: "avant : {value}",
    notify_unknown: "non précisé",
    notify_yes: "{n, plural, one {Enregistrer et prévenir {n} personne} many {Enregistrer et prévenir {n} de personnes} other {Enregistrer et prévenir {n} personnes}}",
    notify_no: "Enregistrer sans prévenir personne",
    preview: "Aperçu de la description",
    preview_title: "Voici à quoi ressemblera la description",
    preview_empty: "Il n’y a pas encore de description.",
    close: "Fermer les inscriptions",
    close_title: "Fermer les inscriptions maintenant ?",
    close_words: "Dès maintenant, plus personne ne peut s’inscrire ni rejoindre la liste d’attente. Les personnes inscrites le restent. Vous pouvez rouvrir les inscriptions jusqu’au début de la compétition.",
    close_yes: "Oui, les fermer",
    close_no: "Les laisser ouvertes",
    reopen: "Rouvrir les inscriptions",
    reopen_title: "Rouvrir les inscriptions",
    reopen_words: "Indiquez jusqu’à quand on peut s’inscrire. Les inscriptions rouvrent dès que vous enregistrez.",
    reopen_yes: "Les rouvrir",
    delete_registered: "{n, plural, one {{n} personne est inscrite. Annulez d’abord la compétition pour qu’elle soit prévenue ; vous pourrez ensuite la supprimer.} many {{n} de personnes sont inscrites. Annulez d’abord la compétition pour qu’elles soient prévenues ; vous pourrez ensuite la supprimer.} other {{n} personnes sont inscrites. Annulez d’abord la compétition pour qu’elles soient prévenues ; vous pourrez ensuite la supprimer.}}",
    delete_type: "Pour la supprimer, saisissez son titre : {title}",
    delete_other_title: "Ce n’est pas le titre de la compétition.",
};
