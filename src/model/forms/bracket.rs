//! The form of a bracket, as typed in the browser ([`BracketForm`]), and as the values that the REST API's JSON has
//! ([`BracketInput`], [`BracketPatch`]).

use serde::{Deserialize, Serialize};

use super::{
    bracket_problem::BracketProblem,
    errors::{FieldErrors, line},
    field_problem::FieldProblem,
    present::present,
    whole_number::optional_whole,
};
use crate::model::{
    BracketFormat, BracketSeeding, BracketState, BracketTieRule, DivisionId, StageId,
};

/// The length of the longest name of a bracket, in characters.
pub const BRACKET_NAME: usize = 80;
/// The number of brackets that a competition may have.
pub const BRACKETS_MAX: usize = 20;
/// The most entrants of any bracket.
pub const BRACKET_ENTRANTS_MAX: usize = 1_024;
/// The most rounds of the Swiss system.
pub const SWISS_ROUNDS_MAX: i64 = 20;
/// The most points for a victory.
pub const WIN_POINTS_MAX: i64 = 10;
/// The points for a victory where nothing else is said.
const USUAL_WIN_POINTS: u32 = 2;

/// Everything that is decided about a bracket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BracketInput {
    /// The name, one line of 1 to 80 characters.
    pub name: String,
    /// The rule by which entrants meet.
    pub format: BracketFormat,
    /// In which order the entrants are seeded.
    pub seeding: BracketSeeding,
    /// The division whose participants are the entrants; all participants if it is absent or `null`.
    #[serde(default)]
    pub division_id: Option<DivisionId>,
    /// The stage whose official standings seed the entrants. It is required with `STANDINGS`, and otherwise absent.
    #[serde(default)]
    pub stage_id: Option<StageId>,
    /// The entrants, the first seed first: start numbers, numbers or codes of tickets, or ids of registrations. It is
    /// required with `LIST`, and otherwise absent.
    #[serde(default)]
    pub entrants: Option<Vec<String>>,
    /// The most entrants: the others are left out, those with the highest seeds first. All are entrants if it is absent
    /// or `null`.
    #[serde(default, deserialize_with = "optional_whole")]
    pub limit: Option<i64>,
    /// Whether the losers of the semi-finals meet, in a single elimination.
    #[serde(default)]
    pub third_place: bool,
    /// Whether the grand final of a double elimination is played again if the winner of the losers' bracket wins it.
    #[serde(default)]
    pub reset: bool,
    /// The number of rounds of the Swiss system, 1 to 20, and fewer than there are entrants. If it is absent or `null`,
    /// it is as small as possible for one entrant to win all matches.
    #[serde(default, deserialize_with = "optional_whole")]
    pub rounds: Option<i64>,
    /// The points for a victory, 2 to 10; 2 if it is absent or `null`. A draw has one point.
    #[serde(default, deserialize_with = "optional_whole")]
    pub win_points: Option<i64>,
    /// What separates entrants with equal points; `HEAD_TO_HEAD` if it is absent.
    #[serde(default = "head_to_head")]
    pub tie_rule: BracketTieRule,
    /// Who sees the bracket; `DRAFT` if it is absent.
    #[serde(default = "draft")]
    pub state: BracketState,
}

const fn head_to_head() -> BracketTieRule {
    BracketTieRule::HeadToHead
}

const fn draft() -> BracketState {
    BracketState::Draft
}

/// A bracket whose settings are within their bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedBracket {
    pub name: String,
    pub limit: Option<usize>,
    /// The number of rounds, if it was given.
    pub rounds: Option<u32>,
    pub win_points: u32,
}

impl BracketInput {
    /// Checks every field that can be checked without the participants.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(&self) -> Result<CheckedBracket, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = bracket_name(&self.name);
        let name = errors.check("name", name);
        let stage = match (self.seeding, self.stage_id) {
            (BracketSeeding::Standings, None) => Err(BracketProblem::NoOfficialStage),
            (BracketSeeding::Standings, Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => Err(BracketProblem::StageWithoutSeeding),
        };
        errors.check("stageId", stage.map_err(FieldProblem::from));
        let entrants = match (self.seeding, &self.entrants) {
            (BracketSeeding::List, None) => Err(BracketProblem::TooFewEntrants),
            (BracketSeeding::List, Some(list)) if list.len() > BRACKET_ENTRANTS_MAX => {
                Err(BracketProblem::TooManyEntrants(self.format.most_entrants()))
            }
            (BracketSeeding::List, Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => Err(BracketProblem::ListWithoutSeeding),
        };
        errors.check("entrants", entrants.map_err(FieldProblem::from));
        let most = i64::try_from(BRACKET_ENTRANTS_MAX).unwrap_or(i64::MAX);
        let limit = within(self.limit, 2, most, BracketProblem::LimitOutOfBounds);
        let limit = errors.check("limit", limit);
        let rounds = match (self.format, self.rounds) {
            (BracketFormat::Swiss, rounds) => within(
                rounds,
                1,
                SWISS_ROUNDS_MAX,
                BracketProblem::RoundsOutOfBounds,
            ),
            (_, None) => Ok(None),
            (_, Some(_)) => Err(BracketProblem::RoundsWithoutSwiss.into()),
        };
        let rounds = errors.check("rounds", rounds);
        let win_points = within(
            self.win_points,
            2,
            WIN_POINTS_MAX,
            BracketProblem::WinPointsOutOfBounds,
        );
        let win_points = errors.check("winPoints", win_points);
        match (name, limit, rounds, win_points) {
            (Some(name), Some(limit), Some(rounds), Some(win_points)) if errors.is_empty() => {
                Ok(CheckedBracket {
                    name,
                    limit: limit.and_then(|limit| usize::try_from(limit).ok()),
                    rounds,
                    win_points: win_points.unwrap_or(USUAL_WIN_POINTS),
                })
            }
            _ => Err(errors),
        }
    }
}

/// Checks the name of a bracket.
fn bracket_name(name: &str) -> Result<String, FieldProblem> {
    line(name, BracketProblem::NoBracketName.into(), 1, BRACKET_NAME)
}

/// Returns a number that may be absent, if it is within its bounds.
pub(super) fn within(
    number: Option<i64>,
    least: i64,
    most: i64,
    problem: fn(u64) -> BracketProblem,
) -> Result<Option<u32>, FieldProblem> {
    let Some(number) = number else {
        return Ok(None);
    };
    let fits = (least..=most).contains(&number);
    match u32::try_from(number) {
        Ok(number) if fits => Ok(Some(number)),
        _ => Err(problem(most.unsigned_abs()).into()),
    }
}

/// A change of a bracket. Absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BracketPatch {
    /// The name, one line of 1 to 80 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub name: Option<String>,
    /// Who sees the bracket.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub state: Option<BracketState>,
}

impl BracketPatch {
    /// Returns the name in the form in which it is stored, if it changes.
    ///
    /// # Errors
    /// Returns an error if it is out of bounds.
    pub fn checked_name(&self) -> Result<Option<String>, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.as_deref().map(bracket_name).transpose();
        errors.check("name", name).ok_or(errors)
    }
}

/// A bracket as it was typed in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BracketForm {
    pub name: String,
    pub format: String,
    pub seeding: String,
    /// The id of the division; empty for all.
    pub division_id: String,
    /// The id of the stage; empty for none.
    pub stage_id: String,
    /// The entrants, one in a line.
    pub entrants: String,
    pub limit: String,
    /// `on` if there is a match for the third place.
    pub third_place: String,
    /// `on` if the grand final may be played again.
    pub reset: String,
    pub rounds: String,
    pub win_points: String,
    pub tie_rule: String,
    /// `on` if everybody sees the bracket.
    pub published: String,
}

impl BracketForm {
    /// Parses the form.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed or out of bounds.
    pub fn parse(&self) -> Result<BracketInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let format: Option<BracketFormat> = errors.check("format", named(&self.format));
        let seeding: Option<BracketSeeding> = errors.check("seeding", named(&self.seeding));
        let division_id = errors.check("divisionId", optional(&self.division_id, named));
        let stage_id = errors.check("stageId", optional(&self.stage_id, named));
        let limit = number(&self.limit, BRACKET_ENTRANTS_MAX as u64);
        let limit = errors.check(
            "limit",
            limit.map_err(|most| BracketProblem::LimitOutOfBounds(most).into()),
        );
        let rounds = number(&self.rounds, SWISS_ROUNDS_MAX.unsigned_abs());
        let rounds = errors.check(
            "rounds",
            rounds.map_err(|most| BracketProblem::RoundsOutOfBounds(most).into()),
        );
        let win_points = number(&self.win_points, WIN_POINTS_MAX.unsigned_abs());
        let win_points = errors.check(
            "winPoints",
            win_points.map_err(|most| BracketProblem::WinPointsOutOfBounds(most).into()),
        );
        let tie_rule: Option<BracketTieRule> = errors.check("tieRule", named(&self.tie_rule));
        let (Some(format), Some(seeding), Some(division_id), Some(stage_id)) =
            (format, seeding, division_id, stage_id)
        else {
            return Err(errors);
        };
        let (Some(limit), Some(rounds), Some(win_points), Some(tie_rule)) =
            (limit, rounds, win_points, tie_rule)
        else {
            return Err(errors);
        };
        let lines = self.entrants.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty()).map(str::to_owned);
        let entrants: Vec<_> = lines.collect();
        let input = BracketInput {
            name: self.name.clone(),
            format,
            seeding,
            division_id,
            // One form has the fields of every choice.
            stage_id: stage_id.filter(|_| seeding == BracketSeeding::Standings),
            entrants: (seeding == BracketSeeding::List || !entrants.is_empty()).then_some(entrants),
            limit,
            third_place: !self.third_place.is_empty(),
            reset: !self.reset.is_empty(),
            rounds: rounds.filter(|_| format == BracketFormat::Swiss),
            win_points,
            tie_rule,
            state: match self.published.is_empty() {
                true => BracketState::Draft,
                false => BracketState::Published,
            },
        };
        input.check().map(|_| input)
    }
}

/// Returns a number that may be empty; otherwise its bound.
pub(super) fn number(text: &str, most: u64) -> Result<Option<i64>, u64> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| most),
    }
}

/// Returns what a text that may be empty stands for.
fn optional<T>(
    text: &str,
    read: fn(&str) -> Result<T, FieldProblem>,
) -> Result<Option<T>, FieldProblem> {
    match text {
        "" => Ok(None),
        text => read(text).map(Some),
    }
}

/// Returns the member of a list that was chosen.
pub(super) fn named<T: std::str::FromStr>(name: &str) -> Result<T, FieldProblem> {
    name.parse().map_err(|_| FieldProblem::NotInList)
}
