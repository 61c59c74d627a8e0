//! Sentences about the questions of a competition and their answers.

use crate::model::{QuestionKind, forms::QuestionProblem};

sentences! {
    /// Sentences about questions: those of the organizer's page, and those that participants read.
    QuestionsText {
        question;
        title;
        lead;
        none_title;
        none;
        presets_title;
        presets_lead;
        add;
        kind;
        label;
        help;
        help_hint;
        required;
        options;
        options_hint;
        save;
        change;
        change_of(question: &str);
        archive;
        archive_of(question: &str);
        restore;
        restore_of(question: &str);
        up;
        up_of(question: &str);
        down;
        down_of(question: &str);
        archived_title;
        archived_lead;
        required_fact;
        added_flash;
        saved_flash;
        archived_flash;
        kind_short_text;
        kind_long_text;
        kind_number;
        kind_date;
        kind_choice;
        kind_choices;
        kind_checkbox;
        kind_consent;
        kind_country;
        kind_phone;
        preset_emergency_contact;
        preset_emergency_phone;
        preset_shirt;
        preset_diet;
        diet_options;
        preset_github;
        preset_birth;
        preset_country;
        preset_photos;
        ask;
        answers;
        choose;
        change_answers;
        change_until(when: &str);
        not_answered;
        agreed(when: &str);
        answers_flash;
        closed;
        enter_label;
        too_many(n: u64);
        enter_options;
        too_many_options(n: u64);
        repeated_option;
        options_of_other_kind;
        no_such_place(n: u64);
        enter_answer;
        must_agree;
        wording_changed;
        not_asked;
        not_an_option;
        day_form;
        country_form;
        phone_form;
        number_form;
        answers_too_long;
    }
}

impl QuestionsText {
    /// Returns the words for a kind of question.
    #[must_use]
    pub const fn kind_name(&self, kind: QuestionKind) -> &'static str {
        match kind {
            QuestionKind::ShortText => self.kind_short_text,
            QuestionKind::LongText => self.kind_long_text,
            QuestionKind::Number => self.kind_number,
            QuestionKind::Date => self.kind_date,
            QuestionKind::Choice => self.kind_choice,
            QuestionKind::Choices => self.kind_choices,
            QuestionKind::Checkbox => self.kind_checkbox,
            QuestionKind::Consent => self.kind_consent,
            QuestionKind::Country => self.kind_country,
            QuestionKind::Phone => self.kind_phone,
        }
    }

    /// Returns the sentence that says how to correct a question or an answer.
    #[must_use]
    pub fn problem(&self, problem: &QuestionProblem) -> String {
        match problem {
            QuestionProblem::NoLabel => self.enter_label,
            QuestionProblem::TooManyQuestions(most) => return self.too_many(*most),
            QuestionProblem::NoOptions => self.enter_options,
            QuestionProblem::TooManyOptions(most) => return self.too_many_options(*most),
            QuestionProblem::RepeatedOption => self.repeated_option,
            QuestionProblem::OptionsOfOtherKind => self.options_of_other_kind,
            QuestionProblem::NoSuchPlace(most) => return self.no_such_place(*most),
            QuestionProblem::NoAnswer => self.enter_answer,
            QuestionProblem::NoConsent => self.must_agree,
            QuestionProblem::WordingChanged => self.wording_changed,
            QuestionProblem::NotAsked => self.not_asked,
            QuestionProblem::NotAnOption => self.not_an_option,
            QuestionProblem::NotADay => self.day_form,
            QuestionProblem::NotACountry => self.country_form,
            QuestionProblem::NotAPhone => self.phone_form,
            QuestionProblem::NotANumber => self.number_form,
            QuestionProblem::AnswersTooLong => self.answers_too_long,
        }
        .to_owned()
    }
}
