//! Questions that a competition asks those who register, and their answers.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    str::FromStr,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use uuid::Uuid;

use super::{
    QuestionId,
    enumerations::{UnknownName, enumeration},
};

enumeration! {
    /// What kind of answer a question has.
    QuestionKind {
        /// One line of up to 200 characters.
        ShortText = "SHORT_TEXT",
        /// A text of several lines, of up to 2,000 characters.
        LongText = "LONG_TEXT",
        /// A whole number or a decimal one.
        Number = "NUMBER",
        /// A day of the calendar, like `2001-12-31`.
        Date = "DATE",
        /// One of the options.
        Choice = "CHOICE",
        /// Any number of the options.
        Choices = "CHOICES",
        /// Yes or no. An answer that is required is yes.
        Checkbox = "CHECKBOX",
        /// An agreement to the wording of the question, which is kept with the time.
        Consent = "CONSENT",
        /// A country, by the two letters of ISO 3166-1.
        Country = "COUNTRY",
        /// A telephone number, with digits and signs as people write it.
        Phone = "PHONE",
    }
}

impl QuestionKind {
    /// Returns whether questions of this kind have options to choose from.
    #[must_use]
    pub const fn has_options(self) -> bool {
        matches!(self, Self::Choice | Self::Choices)
    }
}

enumeration! {
    /// Who answers a question.
    QuestionScope {
        /// Everyone who registers answers for themselves.
        Registration = "REGISTRATION",
    }
}

enumeration! {
    /// For whom the answers to a question are. The question itself is public.
    QuestionVisibility {
        /// The participant, and those who see the participants with their addresses.
        Organizer = "ORGANIZER",
        /// The organizer may publish them.
        Public = "PUBLIC",
    }
}

/// A question that a competition asks everyone who registers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct QuestionView {
    /// The id of the question, by which its answers are named.
    pub id: QuestionId,
    /// What kind of answer it has.
    pub kind: QuestionKind,
    /// What is asked, one line; the wording of a consent.
    pub label: String,
    /// What helps to answer; absent if there is nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// Whether nobody registers without an answer.
    pub required: bool,
    /// What can be chosen; absent for kinds without a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 50))]
    pub options: Vec<String>,
    /// Whether each participant answers it, or each team.
    pub scope: QuestionScope,
    /// For whom the answers are.
    pub visible_to: QuestionVisibility,
    /// Whether it is not asked any more. It is not a part of the API, which lists the others only.
    #[serde(skip)]
    pub archived: bool,
}

/// The id of the question for the date of birth, which every competition with a limit of age asks.
pub const BIRTH_DATE: QuestionId =
    QuestionId(Uuid::from_u128(0x0000_0000_0000_8000_8000_0000_0000_00b1));

impl QuestionView {
    /// Returns the question for the date of birth. No organizer asks it: it belongs to the limits of age, and pages have
    /// words of the reader's language for it.
    #[must_use]
    pub fn birth_date() -> Self {
        Self {
            id: BIRTH_DATE,
            kind: QuestionKind::Date,
            label: "Date of birth".to_owned(),
            help: String::new(),
            required: true,
            options: Vec::new(),
            scope: QuestionScope::Registration,
            visible_to: QuestionVisibility::Organizer,
            archived: false,
        }
    }

    /// Returns what somebody who answers a consent agrees to.
    #[must_use]
    pub fn wording(&self) -> String {
        match self.help.is_empty() {
            true => self.label.clone(),
            false => format!("{}\n\n{}", self.label, self.help),
        }
    }
}

/// The questions of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct QuestionList {
    /// The questions in their order, and last that for the date of birth, if ages are limited.
    #[cfg_attr(feature = "ssr", schema(max_items = 31))]
    pub items: Vec<QuestionView>,
}

/// An answer, as it is stored and sent in JSON. Which variant it has depends on the kind of its question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Yes. The answer no is the same as none.
    Yes(bool),
    Number(Number),
    /// A text, a day, an option, a country or a telephone number.
    Text(String),
    /// The chosen options in their order.
    Chosen(Vec<String>),
    /// The agreement to a wording.
    #[serde(rename_all = "camelCase")]
    Consent {
        /// What was agreed to, as the question said it.
        wording: String,
        /// When it was agreed to.
        agreed_at: DateTime<Utc>,
    },
}

impl Answer {
    /// Returns the answer as it is typed into a form. Chosen options are lines.
    #[must_use]
    pub fn typed(&self) -> String {
        match self {
            Self::Yes(_) => "on".to_owned(),
            Self::Consent { wording, .. } => wording.clone(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Chosen(options) => options.join("\n"),
        }
    }
}

/// Writes an answer without words of a language, as files for programs have it.
impl Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes(yes) => yes.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Chosen(options) => f.write_str(&options.join(", ")),
            Self::Consent { agreed_at, .. } => {
                f.write_str(&agreed_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
            }
        }
    }
}

/// The answers of a registration, by the ids of their questions.
pub type Answers = BTreeMap<QuestionId, Answer>;

/// An answer with its question, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredQuestion {
    pub question: QuestionView,
    /// The answer; `None` if the question waits for one.
    pub answer: Option<Answer>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_read_as_it_was_written() {
        for answer in [
            Answer::Yes(true),
            Answer::Number(Number::from(3)),
            Answer::Text("2001-12-31".to_owned()),
            Answer::Chosen(vec!["a".to_owned(), "b".to_owned()]),
            Answer::Consent {
                wording: "I agree.".to_owned(),
                agreed_at: DateTime::UNIX_EPOCH,
            },
        ] {
            let json = serde_json::to_value(&answer).unwrap();
            assert_eq!(serde_json::from_value::<Answer>(json).unwrap(), answer);
        }
    }
}
