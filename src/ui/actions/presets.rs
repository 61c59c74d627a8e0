//! Presets: what competitions of a kind usually have, in the language of the organizer.
//!
//! A preset fills in the form of a new competition, and adds divisions and questions when it is created. Afterwards
//! nothing remembers it.

use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Weekday};

use super::common_questions::CommonQuestion;
use crate::{
    domain::competitions::CompetitionParts,
    model::{
        QuestionKind,
        forms::{CompetitionForm, DivisionInput, QuestionInput},
    },
    ui::text::text,
};

/// The field with the name of the preset.
pub const PRESET: &str = "preset";

/// How many days ahead of now a competition of a preset starts at least.
const NOTICE: Days = Days::new(28);
/// What clocks show when registration closes.
const DEADLINE: NaiveTime = NaiveTime::from_hms_opt(18, 0, 0).expect("18:00 is a time");

/// A kind of competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    Hackathon,
    Race,
    Tournament,
    Exam,
    Workshop,
}

/// When competitions of a kind usually take place, and for how many.
struct Outline {
    weekday: Weekday,
    /// The hour on clocks at the venue.
    starts: u32,
    hours: i64,
    /// The number of days between the end of registration and the start.
    deadline: u64,
    capacity: &'static str,
    waitlist: bool,
}

impl Preset {
    /// All presets, in the order in which they are offered.
    pub const ALL: [Self; 5] = [
        Self::Hackathon,
        Self::Race,
        Self::Tournament,
        Self::Exam,
        Self::Workshop,
    ];

    /// Returns the name of the preset in addresses and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hackathon => "hackathon",
            Self::Race => "race",
            Self::Tournament => "tournament",
            Self::Exam => "exam",
            Self::Workshop => "workshop",
        }
    }

    /// Returns the name of the kind in the language of the request.
    #[must_use]
    pub fn name(self) -> &'static str {
        let t = &text().presets;
        match self {
            Self::Hackathon => t.hackathon,
            Self::Race => t.race,
            Self::Tournament => t.tournament,
            Self::Exam => t.exam,
            Self::Workshop => t.workshop,
        }
    }

    const fn outline(self) -> Outline {
        let (weekday, starts, hours, deadline, capacity, waitlist) = match self {
            Self::Hackathon => (Weekday::Sat, 9, 32, 7, "60", true),
            Self::Race => (Weekday::Sun, 10, 5, 7, "300", true),
            Self::Tournament => (Weekday::Sat, 10, 8, 3, "32", true),
            // Whoever has to sit an exam gets no place in a queue.
            Self::Exam => (Weekday::Mon, 9, 2, 7, "60", false),
            Self::Workshop => (Weekday::Sat, 10, 4, 3, "12", true),
        };
        Outline {
            weekday,
            starts,
            hours,
            deadline,
            capacity,
            waitlist,
        }
    }

    /// Returns the form of a new competition, in the first week that leaves enough time for registration.
    #[must_use]
    pub fn form(self, today: NaiveDate) -> CompetitionForm {
        let outline = self.outline();
        let earliest = today + NOTICE;
        let wait = u64::from(outline.weekday.days_since(earliest.weekday()));
        let day = earliest + Days::new(wait);
        let starts_at = day.and_time(NaiveTime::MIN) + TimeDelta::hours(outline.starts.into());
        let ends_at = starts_at + TimeDelta::hours(outline.hours);
        let reg_deadline = (day - Days::new(outline.deadline)).and_time(DEADLINE);
        let typed = |time: chrono::NaiveDateTime| time.format("%Y-%m-%dT%H:%M").to_string();
        CompetitionForm {
            description: self.description(),
            capacity: outline.capacity.to_owned(),
            reg_deadline: typed(reg_deadline),
            starts_at: typed(starts_at),
            ends_at: typed(ends_at),
            tags: self.name().to_lowercase(),
            waitlist_enabled: if outline.waitlist { "on" } else { "" }.to_owned(),
            ..CompetitionForm::default()
        }
    }

    /// Returns an introduction, and headings under which the organizer goes on.
    fn description(self) -> String {
        let t = &text().presets;
        let (intro, headings) = match self {
            Self::Hackathon => (t.hackathon_intro, [t.programme, t.bring, t.prizes]),
            Self::Race => (t.race_intro, [t.programme, t.bring, t.prizes]),
            Self::Tournament => (t.tournament_intro, [t.rules, t.programme, t.prizes]),
            Self::Exam => (t.exam_intro, [t.about, t.bring, t.rules]),
            Self::Workshop => (t.workshop_intro, [t.about, t.programme, t.bring]),
        };
        let headings = headings.map(|heading| format!("## {heading}\n\n- …"));
        format!("{intro}\n\n{}\n", headings.join("\n\n"))
    }

    /// Returns what the competition has besides its row.
    #[must_use]
    pub fn parts(self) -> CompetitionParts {
        CompetitionParts {
            divisions: self.divisions(),
            questions: self.questions(),
            ..CompetitionParts::default()
        }
    }

    /// Returns the divisions, with different names.
    #[must_use]
    pub fn divisions(self) -> Vec<DivisionInput> {
        let t = &text().presets;
        let named = |name: &str| DivisionInput {
            name: name.to_owned(),
            ..DivisionInput::default()
        };
        let numbered = |name: &str, from: i64, to: i64| DivisionInput {
            number_from: Some(from),
            number_to: Some(to),
            ..named(name)
        };
        match self {
            Self::Hackathon | Self::Workshop => Vec::new(),
            Self::Race => vec![
                numbered(t.race_half, 3_001, 3_999),
                numbered(t.race_10, 2_001, 2_999),
                numbered(t.race_5, 1_001, 1_999),
                DivisionInput {
                    age_max: Some(12),
                    ..numbered(t.race_children, 1, 999)
                },
            ],
            Self::Tournament => vec![named(t.advanced), named(t.beginners)],
            Self::Exam => ["1", "2"]
                .map(|number| DivisionInput {
                    capacity: Some(30),
                    ..named(&t.room(number))
                })
                .into(),
        }
    }

    /// Returns the questions, in their order.
    #[must_use]
    pub fn questions(self) -> Vec<QuestionInput> {
        let t = &text().presets;
        let common = |questions: &[CommonQuestion]| -> Vec<QuestionInput> {
            questions.iter().map(|question| question.input()).collect()
        };
        let required = |kind, label| QuestionInput {
            required: true,
            ..QuestionInput::new(kind, label)
        };
        match self {
            Self::Hackathon => common(&[
                CommonQuestion::GitHub,
                CommonQuestion::Shirt,
                CommonQuestion::Diet,
                CommonQuestion::Photos,
            ]),
            // Those who register are asked for their date of birth, since an age is limited.
            Self::Race => common(&[
                CommonQuestion::EmergencyContact,
                CommonQuestion::EmergencyPhone,
                CommonQuestion::Shirt,
            ]),
            Self::Tournament => vec![
                QuestionInput::new(QuestionKind::Number, t.rating),
                CommonQuestion::Country.input(),
            ],
            Self::Exam => vec![
                required(QuestionKind::ShortText, t.student_number),
                required(QuestionKind::Consent, t.exam_consent),
            ],
            Self::Workshop => vec![
                QuestionInput::new(QuestionKind::LongText, t.wish),
                CommonQuestion::Diet.input(),
            ],
        }
    }
}

impl FromStr for Preset {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|preset| preset.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_preset_brings_is_valid() {
        for preset in Preset::ALL {
            let CompetitionParts {
                divisions,
                questions,
                ..
            } = preset.parts();
            for division in divisions {
                assert_eq!(division.clone().check(), Ok(division));
            }
            for question in questions {
                assert_eq!(question.clone().check(), Ok(question));
            }
        }
    }

    #[test]
    fn with_a_title_the_form_of_a_preset_is_complete() {
        let today = NaiveDate::from_ymd_opt(2030, 2, 27).unwrap();
        for preset in Preset::ALL {
            let form = CompetitionForm {
                title: preset.name().to_owned(),
                ..preset.form(today)
            };
            let input = form.parse().unwrap();
            assert!(input.starts_at.weekday() == preset.outline().weekday);
            assert!(input.reg_deadline.date_naive() >= today + Days::new(21));
        }
    }
}
