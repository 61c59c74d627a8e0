//! The form of the result of a match, as typed in the browser ([`MatchResultForm`]), and as the value that the REST API's
//! JSON has ([`MatchResultInput`]).

use serde::{Deserialize, Serialize};

use super::{
    bracket::{named, number, within},
    bracket_problem::BracketProblem,
    errors::FieldErrors,
    field_problem::FieldProblem,
    whole_number::optional_whole,
};
use crate::model::{BracketFormat, MatchOutcome};

/// The highest score of an entrant in a match.
pub const MATCH_SCORE_MAX: i64 = 1_000_000;

/// The result of a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchResultInput {
    /// Who has won, or that nobody has.
    pub outcome: MatchOutcome,
    /// The score of the first entrant, 0 to 1,000,000. Both scores are there, or none.
    #[serde(default, deserialize_with = "optional_whole")]
    pub first_score: Option<i64>,
    /// The score of the second entrant, 0 to 1,000,000. Both scores are there, or none.
    #[serde(default, deserialize_with = "optional_whole")]
    pub second_score: Option<i64>,
    /// Whether the results of later matches may become void, because others meet in them.
    #[serde(default)]
    pub confirm: bool,
}

impl MatchResultInput {
    /// Checks the result of a match of this format, and returns its scores.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(&self, format: BracketFormat) -> Result<Option<[u32; 2]>, FieldErrors> {
        let mut errors = FieldErrors::default();
        let outcome = match (format.is_elimination(), self.outcome) {
            (true, MatchOutcome::Draw) => Err(BracketProblem::NoDraw),
            _ => Ok(()),
        };
        errors.check("outcome", outcome.map_err(FieldProblem::from));
        let mut score = |field, number| {
            let score = within(number, 0, MATCH_SCORE_MAX, BracketProblem::ScoreOutOfBounds);
            errors.check(field, score).flatten()
        };
        let scores = (
            score("firstScore", self.first_score),
            score("secondScore", self.second_score),
        );
        let scores = match scores {
            (Some(first), Some(second)) => {
                // With equal scores, something else may have decided.
                let fits = match self.outcome {
                    MatchOutcome::First => first >= second,
                    MatchOutcome::Second => first <= second,
                    MatchOutcome::Draw => first == second,
                };
                match fits {
                    true => Ok(Some([first, second])),
                    false => Err(("outcome", BracketProblem::ScoresDisagree)),
                }
            }
            (None, None) => Ok(None),
            (Some(_), None) => Err(("secondScore", BracketProblem::OneScore)),
            (None, Some(_)) => Err(("firstScore", BracketProblem::OneScore)),
        };
        match scores {
            Ok(scores) if errors.is_empty() => Ok(scores),
            Ok(_) => Err(errors),
            Err((field, problem)) => {
                if errors.is_empty() {
                    errors.add(field, problem);
                }
                Err(errors)
            }
        }
    }
}

/// A change of an entrant of a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntrantPatch {
    /// Whether the entrant is out, for example disqualified: the opponents in matches without a result win.
    pub withdrawn: bool,
    /// Whether the results of later matches may become void, because others meet in them.
    #[serde(default)]
    pub confirm: bool,
}

/// The result of a match as it was typed in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MatchResultForm {
    pub outcome: String,
    pub first_score: String,
    pub second_score: String,
    /// `on` if later results may become void.
    pub confirm: String,
}

impl MatchResultForm {
    /// Parses the form.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed.
    pub fn parse(&self) -> Result<MatchResultInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let outcome = errors.check("outcome", named(&self.outcome));
        let mut score = |field, typed: &str| {
            let score = number(typed, MATCH_SCORE_MAX.unsigned_abs());
            let problem = |most| BracketProblem::ScoreOutOfBounds(most).into();
            errors.check(field, score.map_err(problem))
        };
        let first_score = score("firstScore", &self.first_score);
        let second_score = score("secondScore", &self.second_score);
        match (outcome, first_score, second_score) {
            (Some(outcome), Some(first_score), Some(second_score)) => Ok(MatchResultInput {
                outcome,
                first_score,
                second_score,
                confirm: !self.confirm.is_empty(),
            }),
            _ => Err(errors),
        }
    }
}
