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
    capacity_title: "{n, plural, one {Donner une place à {n} personne de la liste d’attente ?} many {Donner une place à {n} de personnes de la liste d’attente ?} other {Donner une place à {n} personnes de la liste d’attente ?}}",
    capacity_yes: "{n, plural, one {Enregistrer et donner une place à {n} personne} many {Enregistrer et donner une place à {n} de personnes} other {Enregistrer et donner une place à {n} personnes}}",
    capacity_now: "Places prises : {taken}. En attente : {waiting}. Les places ajoutées vont d’abord à la liste d’attente, et il ne peut pas y en avoir moins que de places prises.",
    conflict_title: "Ce que l’autre personne a modifié",
    conflict_lead: "Ces modifications sont déjà enregistrées. Là où vous avez modifié le même champ, votre saisie reste dans le formulaire jusqu’à votre décision.",
    conflict_taken: "repris dans ce formulaire",
    conflict_both: "vous l’avez modifié aussi",
    preview: "Aperçu de la description",
    preview_title: "Voici à quoi ressemblera la description",
    preview_empty: "Il n’y a pas encore de description.",
    close: "Fermer les inscriptions",
    close_title: "Fermer les inscriptions maintenant ?",
    close_words: "Dès maintenant, plus personne ne peut s’inscrire ni rejoindre la liste d’attente. Les personnes inscrites le restent. Vous pouvez rouvrir les inscriptions jusqu’au début de la compétition.",
    close_numbers: "Places libres : {free}. En attente : {waiting}.",
    seats_reserved: "Réservées pour des codes : {seats}.",
    close_yes: "Oui, les fermer",
    close_no: "Les laisser ouvertes",
    reopen: "Rouvrir les inscriptions",
    reopen_title: "Rouvrir les inscriptions",
    reopen_words: "Indiquez jusqu’à quand on peut s’inscrire. Les inscriptions rouvrent dès que vous enregistrez.",
    reopen_before: "Auparavant, la clôture était fixée au",
    reopen_yes: "Les rouvrir",
    delete_registered: "{n, plural, one {{n} personne est inscrite. Annulez d’abord la compétition pour qu’elle soit prévenue ; vous pourrez ensuite la supprimer.} many {{n} de personnes sont inscrites. Annulez d’abord la compétition pour qu’elles soient prévenues ; vous pourrez ensuite la supprimer.} other {{n} personnes sont inscrites. Annulez d’abord la compétition pour qu’elles soient prévenues ; vous pourrez ensuite la supprimer.}}",
    delete_type: "Pour la supprimer, saisissez son titre : {title}",
    delete_other_title: "Ce n’est pas le titre de la compétition.",
};
