//! Sentences about the saved views of a competition's participants.

use super::language::LANGUAGE;
use crate::text::SavedViewsText;

pub(super) const SAVED_VIEWS: SavedViewsText = SavedViewsText {
    language: LANGUAGE,
    title: "Vues enregistrées",
    everyone: "Tout le monde",
    save_title: "Enregistrer cette vue",
    name: "Nom de la vue",
    save: "Enregistrer la vue",
    saved: "La vue « {name} » est enregistrée. Toutes les personnes qui travaillent sur cette compétition la voient.",
    change_title: "Modifier « {name} »",
    rename: "Renommer",
    renamed: "La vue a un nouveau nom.",
    delete: "Supprimer la vue",
    deleted: "La vue est supprimée. Aucune inscription n’a changé.",
    audience_hint: "Les personnes que la vue affiche au moment de l’envoi, sauf celles qui ont annulé.",
    send_at_least: "{n, plural, one {Envoyer à au moins {n} personne} many {Envoyer à au moins {n} de personnes} other {Envoyer à au moins {n} personnes}}",
    schedule_at_least: "{n, plural, one {Programmer pour au moins {n} personne} many {Programmer pour au moins {n} de personnes} other {Programmer pour au moins {n} personnes}}",
    enter_name: "Donnez un nom à la vue.",
    name_taken: "Une autre vue porte ce nom.",
    too_many: "{n, plural, one {Une compétition a au plus {n} vue enregistrée. Supprimez-en une d’abord.} many {Une compétition a au plus {n} de vues enregistrées. Supprimez-en une d’abord.} other {Une compétition a au plus {n} vues enregistrées. Supprimez-en une d’abord.}}",
    unknown: "Choisissez une vue enregistrée de cette compétition.",
};
