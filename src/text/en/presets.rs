//! Sentences of presets: what competitions of a kind usually have.

use super::language::LANGUAGE;
use crate::text::PresetsText;

pub(super) const PRESETS: PresetsText = PresetsText {
    language: LANGUAGE,
    title: "What kind of competition is it?",
    lead: "Each kind brings the divisions, questions, times and seats that such competitions usually have. You can change everything.",
    scratch: "Start from scratch",
    comes_with: "This comes with it:",
    hackathon: "Hackathon",
    race: "Race",
    tournament: "Tournament",
    exam: "Exam",
    workshop: "Workshop",
    hackathon_intro: "One weekend, one idea, one demo: build something together that did not exist before.",
    race_intro: "Run against the clock, or just for fun: everybody who crosses the line is celebrated.",
    tournament_intro: "Game after game, and everybody plays until the last round.",
    exam_intro: "Please be at your room a quarter of an hour early, with an identity document.",
    workshop_intro: "Learn it by doing it, in a small group with time for your questions.",
    about: "What it is about",
    programme: "Programme",
    bring: "What to bring",
    rules: "Rules",
    prizes: "Prizes",
    race_5: "5 km",
    race_10: "10 km",
    race_half: "Half marathon",
    race_children: "Children’s run, 1 km",
    beginners: "Beginners",
    advanced: "Advanced",
    room: "Room {number}",
    rating: "Your rating, if you have one",
    student_number: "Student number",
    exam_consent: "I have read the rules of the exam and will keep to them.",
    wish: "What do you want to be able to do afterwards?",
};
