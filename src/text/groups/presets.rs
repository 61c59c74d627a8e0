//! Sentences of presets: what competitions of a kind usually have.

sentences! {
    /// Sentences of the page for a new competition that offer presets, and the texts that a preset brings.
    PresetsText {
        title;
        lead;
        scratch;
        comes_with;
        hackathon;
        race;
        tournament;
        exam;
        workshop;
        hackathon_intro;
        race_intro;
        tournament_intro;
        exam_intro;
        workshop_intro;
        about;
        programme;
        bring;
        rules;
        prizes;
        race_5;
        race_10;
        race_half;
        race_children;
        beginners;
        advanced;
        room(number: &str);
        rating;
        student_number;
        exam_consent;
        wish;
    }
}
