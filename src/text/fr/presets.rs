//! Sentences of presets: what competitions of a kind usually have.

use super::language::LANGUAGE;
use crate::text::PresetsText;

pub(super) const PRESETS: PresetsText = PresetsText {
    language: LANGUAGE,
    title: "De quel type de compétition s’agit-il ?",
    lead: "Chaque type apporte les catégories, les questions, les horaires et les places habituels. Vous pouvez tout modifier.",
    scratch: "Partir de zéro",
    comes_with: "Ce qui est inclus :",
    hackathon: "Hackathon",
    race: "Course",
    tournament: "Tournoi",
    exam: "Examen",
    workshop: "Atelier",
    hackathon_intro: "Un week-end, une idée, une démonstration : construisez ensemble ce qui n’existait pas encore.",
    race_intro: "Contre la montre ou pour le plaisir : tous ceux qui franchissent la ligne sont fêtés.",
    tournament_intro: "Partie après partie, et tout le monde joue jusqu’à la dernière ronde.",
    exam_intro: "Présentez-vous à votre salle un quart d’heure à l’avance, avec une pièce d’identité.",
    workshop_intro: "Apprendre en pratiquant, en petit groupe, avec du temps pour vos questions.",
    about: "De quoi il s’agit",
    programme: "Programme",
    bring: "À apporter",
    rules: "Règles",
    prizes: "Prix",
    race_5: "5 km",
    race_10: "10 km",
    race_half: "Semi-marathon",
    race_children: "Course des enfants, 1 km",
    beginners: "Débutants",
    advanced: "Confirmés",
    room: "Salle {number}",
    rating: "Votre classement, si vous en avez un",
    student_number: "Numéro d’étudiant",
    exam_consent: "J’ai lu le règlement de l’examen et je le respecterai.",
    wish: "Que voulez-vous savoir faire ensuite ?",
};
