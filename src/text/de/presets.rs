//! Sentences of presets: what competitions of a kind usually have.

use super::language::LANGUAGE;
use crate::text::PresetsText;

pub(super) const PRESETS: PresetsText = PresetsText {
    language: LANGUAGE,
    title: "Was für ein Wettbewerb wird es?",
    lead: "Jede Art bringt die Klassen, Fragen, Zeiten und Plätze mit, die solche Wettbewerbe meist haben. Du kannst alles ändern.",
    scratch: "Ohne Vorlage beginnen",
    comes_with: "Das ist dabei:",
    hackathon: "Hackathon",
    race: "Lauf",
    tournament: "Turnier",
    exam: "Prüfung",
    workshop: "Workshop",
    hackathon_intro: "Ein Wochenende, eine Idee, eine Vorführung: Baut zusammen etwas, das es noch nicht gab.",
    race_intro: "Gegen die Uhr oder einfach zum Spaß: Gefeiert werden alle, die ins Ziel kommen.",
    tournament_intro: "Spiel um Spiel, und alle spielen bis zur letzten Runde.",
    exam_intro: "Bitte sei eine Viertelstunde vorher mit einem Ausweis an deinem Raum.",
    workshop_intro: "Lernen durch Ausprobieren, in einer kleinen Gruppe mit Zeit für deine Fragen.",
    about: "Worum es geht",
    programme: "Programm",
    bring: "Was du mitbringst",
    rules: "Regeln",
    prizes: "Preise",
    race_5: "5 km",
    race_10: "10 km",
    race_half: "Halbmarathon",
    race_children: "Kinderlauf, 1 km",
    beginners: "Einsteiger",
    advanced: "Fortgeschrittene",
    room: "Raum {number}",
    rating: "Deine Wertungszahl, falls du eine hast",
    student_number: "Matrikelnummer",
    exam_consent: "Ich habe die Prüfungsordnung gelesen und halte mich daran.",
    wish: "Was möchtest du danach können?",
};
