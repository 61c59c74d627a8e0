//! What a participant chooses and answers when registering, and the change of the answers.

use serde::{Deserialize, Serialize};

use super::answers::GivenAnswers;
use crate::model::DivisionId;

/// What a participant chooses and answers when registering.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistrationInput {
    /// The division, which is required if the competition has divisions.
    #[serde(default)]
    pub division_id: Option<DivisionId>,
    /// The answers by the ids of their questions: a string, a number, an array of options, or `true`, as the kind of the
    /// question says. `null` is no answer.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = Object))]
    pub answers: GivenAnswers,
    /// A code that the organizer has handed out, at most 40 characters. Upper and lower case, spaces and hyphens do not
    /// matter.
    #[serde(default)]
    pub code: Option<String>,
}

/// A change of the answers of a registration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswersPatch {
    /// The answers by the ids of their questions, as for a registration. Questions that are not named keep their answers,
    /// and `null` takes an answer back.
    #[cfg_attr(feature = "ssr", schema(value_type = Object))]
    pub answers: GivenAnswers,
}
