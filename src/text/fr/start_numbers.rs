//! Sentences about start numbers.

use super::language::LANGUAGE;
use crate::text::StartNumbersText;

pub(super) const START_NUMBERS: StartNumbersText = StartNumbersText {
    language: LANGUAGE,
    title: "Numéros de dossard",
    lead: "Chaque personne ayant une place reçoit un numéro selon une règle. Les numéros attribués restent, et aucun n’est attribué deux fois, même après une annulation.",
    order: "Ordre",
    by_name: "Par nom",
    by_registration: "Par heure d’inscription",
    from: "Premier numéro",
    from_hint: "Pour les catégories sans numéros propres. Les catégories se suivent.",
    preview: "Afficher l’aperçu",
    preview_title: "Aperçu",
    to_give: "Numéros à attribuer : {n}",
    kept: "Numéros qui restent : {n}",
    without: "Sans numéro, car la plage de leur catégorie est épuisée : {n}",
    first_of_them: "Les premiers",
    give: "Attribuer ces numéros",
    given: "Numéros attribués : {n}",
    nobody: "Toutes les personnes ayant une place ont un numéro.",
    number: "Dossard",
    column: "N°",
    division_from: "Premier dossard",
    division_to: "Dernier dossard",
    out_of_order: "Le dernier numéro ne peut pas être inférieur au premier.",
    half_a_range: "Indiquez le premier et le dernier numéro, ou aucun.",
};
