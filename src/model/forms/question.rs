//! The form of a question, as typed in the browser ([`QuestionForm`]), and as the values that the REST API's JSON has
//! ([`QuestionInput`], [`QuestionPatch`]).

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    errors::{FieldErrors, block, line},
    field_problem::{FieldProblem, RequestProblem},
    present::present,
    question_problem::QuestionProblem,
    whole_number::present_whole,
};
use crate::model::{QuestionKind, QuestionScope, QuestionView, QuestionVisibility};

/// The length of the longest question, in characters.
pub const QUESTION_LABEL: usize = 200;
/// The length of the longest help, in characters.
pub const QUESTION_HELP: usize = 1_000;
/// The length of the longest option, in characters.
pub const QUESTION_OPTION: usize = 100;
/// The number of options that a question may have.
pub const OPTIONS_MAX: usize = 50;
/// The number of questions that a competition may ask.
pub const QUESTIONS_MAX: usize = 30;
/// The number of questions that a competition may have, archived ones included.
pub const QUESTIONS_EVER: usize = 100;

/// Everything that an organizer decides about a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuestionInput {
    /// What is asked, one line of 1 to 200 characters; the wording of a consent.
    pub label: String,
    /// What kind of answer it has. It stays as it is, since answers depend on it.
    pub kind: QuestionKind,
    /// What helps to answer, up to 1,000 characters; part of the wording of a consent.
    #[serde(default)]
    pub help: String,
    /// Whether nobody registers without an answer.
    #[serde(default)]
    pub required: bool,
    /// What can be chosen: 1 to 50 different lines of 1 to 100 characters. Only `CHOICE` and `CHOICES` have options.
    #[serde(default)]
    pub options: Vec<String>,
    /// Who answers it; `REGISTRATION` if it is absent.
    #[serde(default = "registration")]
    pub scope: QuestionScope,
    /// For whom the answers are, `ORGANIZER` if it is absent. The question itself is public.
    #[serde(default = "organizer")]
    pub visible_to: QuestionVisibility,
}

const fn registration() -> QuestionScope {
    QuestionScope::Registration
}

const fn organizer() -> QuestionVisibility {
    QuestionVisibility::Organizer
}

impl QuestionInput {
    /// Returns a question for the organizer that is not required, without help and options.
    #[must_use]
    pub fn new(kind: QuestionKind, label: &str) -> Self {
        Self {
            label: label.to_owned(),
            kind,
            help: String::new(),
            required: false,
            options: Vec::new(),
            scope: registration(),
            visible_to: organizer(),
        }
    }

    /// Checks every field, and returns the values in the form in which they are stored.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let label = line(
            &self.label,
            QuestionProblem::NoLabel.into(),
            1,
            QUESTION_LABEL,
        );
        let label = errors.check("label", label);
        let help = block(self.help.trim(), FieldProblem::NoBody, 0, QUESTION_HELP);
        let help = errors.check("help", help);
        let options = errors.check("options", options(self.kind, &self.options));
        match (label, help, options) {
            (Some(label), Some(help), Some(options)) => Ok(Self {
                label,
                help,
                options,
                ..self
            }),
            _ => Err(errors),
        }
    }
}

impl From<&QuestionView> for QuestionInput {
    fn from(view: &QuestionView) -> Self {
        Self {
            label: view.label.clone(),
            kind: view.kind,
            help: view.help.clone(),
            required: view.required,
            options: view.options.clone(),
            scope: view.scope,
            visible_to: view.visible_to,
        }
    }
}

/// Checks the options of a question: there are some where one can choose, and none elsewhere.
fn options(kind: QuestionKind, typed: &[String]) -> Result<Vec<String>, FieldProblem> {
    if !kind.has_options() {
        return match typed.is_empty() {
            true => Ok(Vec::new()),
            false => Err(QuestionProblem::OptionsOfOtherKind.into()),
        };
    }
    if typed.is_empty() {
        return Err(QuestionProblem::NoOptions.into());
    }
    if typed.len() > OPTIONS_MAX {
        return Err(QuestionProblem::TooManyOptions(OPTIONS_MAX as u64).into());
    }
    let missing = || FieldProblem::from(QuestionProblem::NoOptions);
    let lines = typed
        .iter()
        .map(|option| line(option, missing(), 1, QUESTION_OPTION));
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let different: HashSet<_> = lines.iter().collect();
    match different.len() == lines.len() {
        true => Ok(lines),
        false => Err(QuestionProblem::RepeatedOption.into()),
    }
}

/// A change of a question. Absent fields stay as they are. No change loses answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuestionPatch {
    /// What is asked, one line of 1 to 200 characters. Who has agreed to a consent has agreed to its wording of that time.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub label: Option<String>,
    /// What helps to answer, up to 1,000 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub help: Option<String>,
    /// Whether nobody registers without an answer. Those who are registered already stay so.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub required: Option<bool>,
    /// What can be chosen. Who has chosen something that is not among it keeps the answer.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub options: Option<Vec<String>>,
    /// For whom the answers are.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub visible_to: Option<QuestionVisibility>,
    /// The place among the questions, from 1. The others move.
    #[serde(default, deserialize_with = "present_whole")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub position: Option<i64>,
    /// Whether the question is not asked any more. With `false`, an archived one is asked again, behind the others.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub archived: Option<bool>,
}

impl QuestionPatch {
    /// Returns the question after this change of the question `now`.
    #[must_use]
    pub fn applied_to(&self, now: QuestionInput) -> QuestionInput {
        QuestionInput {
            label: self.label.clone().unwrap_or(now.label),
            help: self.help.clone().unwrap_or(now.help),
            required: self.required.unwrap_or(now.required),
            options: self.options.clone().unwrap_or(now.options),
            visible_to: self.visible_to.unwrap_or(now.visible_to),
            ..now
        }
    }
}

/// A question as it was typed in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QuestionForm {
    pub kind: String,
    pub label: String,
    pub help: String,
    /// `on` if an answer is required.
    pub required: String,
    /// The options, one in a line.
    pub options: String,
}

impl QuestionForm {
    /// Returns the form with stored values.
    #[must_use]
    pub fn of(view: &QuestionView) -> Self {
        Self {
            kind: view.kind.to_string(),
            label: view.label.clone(),
            help: view.help.clone(),
            required: match view.required {
                true => "on".to_owned(),
                false => String::new(),
            },
            options: view.options.join("\n"),
        }
    }

    /// Parses the form of a new question.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn parse(&self) -> Result<QuestionInput, FieldErrors> {
        let unknown = |_| FieldErrors::one("kind", RequestProblem::UnknownName);
        let kind: QuestionKind = self.kind.parse().map_err(unknown)?;
        QuestionInput {
            label: self.label.clone(),
            kind,
            help: self.help.clone(),
            required: !self.required.is_empty(),
            // The field is always there: other kinds do not read it.
            options: match kind.has_options() {
                true => self.lines(),
                false => Vec::new(),
            },
            scope: registration(),
            visible_to: organizer(),
        }
        .check()
    }

    /// Returns the change that makes a question of this kind as it was typed.
    #[must_use]
    pub fn patch(&self, kind: QuestionKind) -> QuestionPatch {
        QuestionPatch {
            label: Some(self.label.clone()),
            help: Some(self.help.clone()),
            required: Some(!self.required.is_empty()),
            options: kind.has_options().then(|| self.lines()),
            ..QuestionPatch::default()
        }
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.options.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty());
        // One more than there may be is as wrong as any more.
        lines.take(OPTIONS_MAX + 1).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kind: &str, label: &str, options: &str) -> QuestionForm {
        QuestionForm {
            kind: kind.to_owned(),
            label: label.to_owned(),
            options: options.to_owned(),
            ..QuestionForm::default()
        }
    }

    #[test]
    fn only_questions_with_a_choice_have_options() {
        let shirt = form("CHOICE", " T-shirt ", "S\r\n M \n\nL")
            .parse()
            .unwrap();
        assert_eq!(
            (&*shirt.label, &shirt.options[..]),
            ("T-shirt", &["S", "M", "L"].map(str::to_owned)[..])
        );
        let text = form("SHORT_TEXT", "GitHub", "left over").parse().unwrap();
        assert!(text.options.is_empty());
        let wrong = QuestionInput {
            options: vec!["x".to_owned()],
            ..QuestionInput::new(QuestionKind::Date, "Birthday")
        };
        assert_eq!(
            wrong.check().unwrap_err().of("options"),
            Some(&QuestionProblem::OptionsOfOtherKind.into())
        );
    }

    #[test]
    fn every_field_that_is_out_of_bounds_is_named_at_once() {
        let many: Vec<_> = (0..=OPTIONS_MAX).map(|n| n.to_string()).collect();
        for (options, problem) in [
            (String::new(), QuestionProblem::NoOptions),
            ("S\nS".to_owned(), QuestionProblem::RepeatedOption),
            (many.join("\n"), QuestionProblem::TooManyOptions(50)),
        ] {
            let errors = form("CHOICES", "\u{200b}", &options).parse().unwrap_err();
            assert_eq!(errors.of("options"), Some(&problem.into()), "{options}");
            assert_eq!(errors.of("label"), Some(&QuestionProblem::NoLabel.into()));
        }
        let unknown = form("FILE", "CV", "").parse().unwrap_err();
        assert!(unknown.of("kind").is_some());
    }

    #[test]
    fn a_patch_changes_what_it_names_and_never_the_kind() {
        let now = QuestionInput {
            required: true,
            ..QuestionInput::new(QuestionKind::Date, "Birthday")
        };
        let patch: QuestionPatch = serde_json::from_str(r#"{"label":"Date of birth"}"#).unwrap();
        let then = patch.applied_to(now.clone());
        assert_eq!((&*then.label, then.required), ("Date of birth", true));
        assert!(serde_json::from_str::<QuestionPatch>(r#"{"kind":"NUMBER"}"#).is_err());
        assert!(serde_json::from_str::<QuestionPatch>(r#"{"label":null}"#).is_err());
    }
}
