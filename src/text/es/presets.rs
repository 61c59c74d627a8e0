//! Sentences of presets: what competitions of a kind usually have.

use super::language::LANGUAGE;
use crate::text::PresetsText;

pub(super) const PRESETS: PresetsText = PresetsText {
    language: LANGUAGE,
    title: "¿Qué tipo de competición es?",
    lead: "Cada tipo trae las categorías, preguntas, horas y plazas que suelen tener esas competiciones. Puedes cambiarlo todo.",
    scratch: "Empezar de cero",
    comes_with: "Incluye:",
    hackathon: "Hackatón",
    race: "Carrera",
    tournament: "Torneo",
    exam: "Examen",
    workshop: "Taller",
    hackathon_intro: "Un fin de semana, una idea, una demostración: construid juntos algo que no existía.",
    race_intro: "Contra el reloj o por diversión: celebramos a todas las personas que llegan a la meta.",
    tournament_intro: "Partida a partida, y todo el mundo juega hasta la última ronda.",
    exam_intro: "Preséntate en tu aula un cuarto de hora antes, con un documento de identidad.",
    workshop_intro: "Aprende practicando, en un grupo pequeño y con tiempo para tus preguntas.",
    about: "De qué trata",
    programme: "Programa",
    bring: "Qué llevar",
    rules: "Reglas",
    prizes: "Premios",
    race_5: "5 km",
    race_10: "10 km",
    race_half: "Media maratón",
    race_children: "Carrera infantil, 1 km",
    beginners: "Principiantes",
    advanced: "Nivel avanzado",
    room: "Aula {number}",
    rating: "Tu puntuación, si tienes una",
    student_number: "Número de estudiante",
    exam_consent: "He leído las normas del examen y las cumpliré.",
    wish: "¿Qué quieres saber hacer después?",
};
