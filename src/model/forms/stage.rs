//! The form of a stage, as typed in the browser ([`StageForm`]), and as the values that the REST API's JSON has
//! ([`StageInput`], [`StagePatch`]).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    competition_form::time,
    errors::{FieldErrors, line},
    field_problem::FieldProblem,
    present::present,
    result_problem::ResultProblem,
    whole_number::{optional_whole, present_whole},
};
use crate::model::{
    RESULT_DECIMALS_MAX, ResultAggregate, ResultDirection, StageMetric, StageState, StageView,
    TieRule,
    time_zone::{self, parse_or_utc},
    timestamp::storable,
};

/// The length of the longest name of a stage, in characters.
pub const STAGE_NAME: usize = 80;
/// The length of the longest unit, in characters.
pub const STAGE_UNIT: usize = 20;
/// The number of stages that a competition may have.
pub const STAGES_MAX: usize = 20;

/// Everything that an organizer decides about a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StageInput {
    /// The name, one line of 1 to 80 characters.
    pub name: String,
    /// What is measured. It stays as it is once there are results.
    pub metric: StageMetric,
    /// Which values are the best; if it is absent, the lowest for times, and otherwise the highest.
    #[serde(default)]
    pub direction: Option<ResultDirection>,
    /// The unit as people read it, up to 20 characters.
    #[serde(default)]
    pub unit: String,
    /// The number of decimals, 0 to 6; if it is absent or `null`, 2 for times and otherwise 0.
    #[serde(default, deserialize_with = "optional_whole")]
    pub decimals: Option<i64>,
    /// What counts if a participant has several results; `BEST` if it is absent.
    #[serde(default = "best")]
    pub aggregate: ResultAggregate,
    /// Which ranks participants have whose results are equal; `SHARED` if it is absent.
    #[serde(default = "shared")]
    pub tie_rule: TieRule,
    /// Whether everybody sees the stage, `DRAFT` or `OPEN`; `DRAFT` if it is absent.
    #[serde(default = "draft")]
    pub state: StageState,
    /// The time from which on results stay unpublished until the stage is official; none if it is absent or `null`.
    #[serde(default)]
    pub freeze_at: Option<DateTime<Utc>>,
}

const fn best() -> ResultAggregate {
    ResultAggregate::Best
}

const fn shared() -> TieRule {
    TieRule::Shared
}

const fn draft() -> StageState {
    StageState::Draft
}

/// A stage whose settings are within their bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedStage {
    pub name: String,
    pub metric: StageMetric,
    pub direction: ResultDirection,
    pub unit: String,
    pub decimals: u32,
    pub aggregate: ResultAggregate,
    pub tie_rule: TieRule,
    pub freeze_at: Option<DateTime<Utc>>,
}

impl StageInput {
    /// Returns a stage with the usual settings of its metric.
    #[must_use]
    pub fn new(metric: StageMetric, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            metric,
            direction: None,
            unit: String::new(),
            decimals: None,
            aggregate: best(),
            tie_rule: shared(),
            state: draft(),
            freeze_at: None,
        }
    }

    /// Checks every field, and returns the values in the form in which they are stored.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(&self) -> Result<CheckedStage, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = line(&self.name, ResultProblem::NoStageName.into(), 1, STAGE_NAME);
        let name = errors.check("name", name);
        let unit = line(&self.unit, FieldProblem::NoName, 0, STAGE_UNIT);
        let unit = errors.check("unit", unit);
        let decimals = match (self.metric, self.decimals) {
            (StageMetric::Attendance, None | Some(0)) => Ok(0),
            (StageMetric::Attendance, Some(_)) => Err(ResultProblem::DecimalsOutOfBounds(0)),
            (StageMetric::Time, None) => Ok(2),
            (_, None) => Ok(0),
            (_, Some(number)) => u32::try_from(number)
                .ok()
                .filter(|_| number <= RESULT_DECIMALS_MAX)
                .ok_or(ResultProblem::DecimalsOutOfBounds(
                    RESULT_DECIMALS_MAX.unsigned_abs(),
                )),
        };
        let decimals = errors.check("decimals", decimals.map_err(FieldProblem::from));
        match (name, unit, decimals) {
            (Some(name), Some(unit), Some(decimals)) => Ok(CheckedStage {
                name,
                metric: self.metric,
                direction: self.direction.unwrap_or(self.metric.usual_direction()),
                unit,
                decimals,
                aggregate: self.aggregate,
                tie_rule: self.tie_rule,
                freeze_at: self.freeze_at.map(storable),
            }),
            _ => Err(errors),
        }
    }
}

impl From<&StageView> for StageInput {
    fn from(view: &StageView) -> Self {
        Self {
            name: view.name.clone(),
            metric: view.metric,
            direction: Some(view.direction),
            unit: view.unit.clone(),
            decimals: Some(view.decimals.into()),
            aggregate: view.aggregate,
            tie_rule: view.tie_rule,
            state: view.state,
            freeze_at: view.freeze_at,
        }
    }
}

/// A change of a stage. Absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StagePatch {
    /// The name, one line of 1 to 80 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub name: Option<String>,
    /// What is measured. It changes only as long as there are no results.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub metric: Option<StageMetric>,
    /// Which values are the best.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub direction: Option<ResultDirection>,
    /// The unit as people read it, up to 20 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub unit: Option<String>,
    /// The number of decimals, 0 to 6. It changes only as long as there are no results.
    #[serde(default, deserialize_with = "present_whole")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub decimals: Option<i64>,
    /// What counts if a participant has several results.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub aggregate: Option<ResultAggregate>,
    /// Which ranks participants have whose results are equal.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub tie_rule: Option<TieRule>,
    /// Whether everybody sees the stage, `DRAFT` or `OPEN`. A publication decides about the other states.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub state: Option<StageState>,
    /// The time from which on results stay unpublished until the stage is official; `null` for none.
    #[serde(default, deserialize_with = "present")]
    pub freeze_at: Option<Option<DateTime<Utc>>>,
    /// The place among the stages, from 1. The others move.
    #[serde(default, deserialize_with = "present_whole")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub position: Option<i64>,
}

impl StagePatch {
    /// Returns the stage after this change of the stage `now`.
    #[must_use]
    pub fn applied_to(&self, now: &StageView) -> StageInput {
        let former = StageInput::from(now);
        StageInput {
            name: self.name.clone().unwrap_or(former.name),
            metric: self.metric.unwrap_or(former.metric),
            direction: self.direction.or(former.direction),
            unit: self.unit.clone().unwrap_or(former.unit),
            decimals: self.decimals.or(former.decimals),
            aggregate: self.aggregate.unwrap_or(former.aggregate),
            tie_rule: self.tie_rule.unwrap_or(former.tie_rule),
            state: self.state.unwrap_or(former.state),
            freeze_at: self.freeze_at.unwrap_or(former.freeze_at),
        }
    }
}

/// What a publication does besides publishing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicationInput {
    /// Whether the standings are official from now on. It can't be taken back, and nothing is frozen then.
    #[serde(default)]
    pub official: bool,
}

/// A stage as it was typed in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StageForm {
    pub name: String,
    pub metric: String,
    pub direction: String,
    pub unit: String,
    pub decimals: String,
    pub aggregate: String,
    pub tie_rule: String,
    /// `on` if everybody sees the stage.
    pub open: String,
    /// The time in the zone of the competition; empty for none.
    pub freeze_at: String,
}

impl StageForm {
    /// Returns the form with stored values, in the time zone of the competition.
    #[must_use]
    pub fn of(view: &StageView, zone: &str) -> Self {
        Self {
            name: view.name.clone(),
            metric: view.metric.to_string(),
            direction: view.direction.to_string(),
            unit: view.unit.clone(),
            decimals: view.decimals.to_string(),
            aggregate: view.aggregate.to_string(),
            tie_rule: view.tie_rule.to_string(),
            open: match view.state {
                StageState::Draft => String::new(),
                _ => "on".to_owned(),
            },
            freeze_at: view
                .freeze_at
                .map(|at| time_zone::format(zone, at, "%Y-%m-%dT%H:%M"))
                .unwrap_or_default(),
        }
    }

    /// Parses the form in the time zone of the competition.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed or out of bounds.
    pub fn parse(&self, zone: &str) -> Result<StageInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let metric = errors.check("metric", named(&self.metric));
        let direction = match self.direction.as_str() {
            "" => Some(None),
            name => errors.check("direction", named(name)).map(Some),
        };
        let aggregate = errors.check("aggregate", named(&self.aggregate));
        let tie_rule = errors.check("tieRule", named(&self.tie_rule));
        let decimals = match self.decimals.trim() {
            "" => Some(None),
            text => {
                let most = RESULT_DECIMALS_MAX.unsigned_abs();
                let number = text.parse().map(Some);
                let bounds = |_| ResultProblem::DecimalsOutOfBounds(most).into();
                errors.check("decimals", number.map_err(bounds))
            }
        };
        let freeze_at = match self.freeze_at.trim() {
            "" => Some(None),
            text => {
                let at = time(text, parse_or_utc(zone));
                errors.check("freezeAt", at.map(Some))
            }
        };
        let (Some(metric), Some(direction), Some(aggregate), Some(tie_rule)) =
            (metric, direction, aggregate, tie_rule)
        else {
            return Err(errors);
        };
        let (Some(decimals), Some(freeze_at)) = (decimals, freeze_at) else {
            return Err(errors);
        };
        let input = StageInput {
            name: self.name.clone(),
            metric,
            direction,
            unit: self.unit.clone(),
            decimals,
            aggregate,
            tie_rule,
            state: match self.open.is_empty() {
                true => StageState::Draft,
                false => StageState::Open,
            },
            freeze_at,
        };
        input.check().map(|_| input)
    }

    /// Parses the form as a change of a stage.
    ///
    /// # Errors
    /// Returns the errors of [`parse`](Self::parse).
    pub fn patch(&self, zone: &str, former: &StageView) -> Result<StagePatch, FieldErrors> {
        let input = self.parse(zone)?;
        Ok(StagePatch {
            name: Some(input.name),
            metric: Some(input.metric),
            direction: input.direction,
            unit: Some(input.unit),
            decimals: input.decimals,
            aggregate: Some(input.aggregate),
            tie_rule: Some(input.tie_rule),
            // A stage that was published has no choice.
            state: (!former.state.is_published()).then_some(input.state),
            // The form shows no seconds.
            freeze_at: (Self::of(former, zone).freeze_at != self.freeze_at.trim())
                .then_some(input.freeze_at),
            position: None,
        })
    }
}

/// Returns the member of a closed list that was chosen.
fn named<T: std::str::FromStr>(name: &str) -> Result<T, FieldProblem> {
    name.parse().map_err(|_| FieldProblem::NotInList)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_has_the_usual_settings_of_its_metric() {
        let time = StageInput::new(StageMetric::Time, " Final ")
            .check()
            .unwrap();
        assert_eq!(
            (&*time.name, time.direction, time.decimals),
            ("Final", ResultDirection::Ascending, 2)
        );
        let score = StageInput::new(StageMetric::Score, "Exam").check().unwrap();
        assert_eq!(
            (score.direction, score.decimals),
            (ResultDirection::Descending, 0)
        );
    }

    #[test]
    fn every_field_that_is_out_of_bounds_is_named_at_once() {
        let input = StageInput {
            unit: "x".repeat(STAGE_UNIT + 1),
            decimals: Some(7),
            ..StageInput::new(StageMetric::Score, " ")
        };
        let errors = input.check().unwrap_err();
        for field in ["name", "unit", "decimals"] {
            assert!(errors.of(field).is_some(), "{field}");
        }
        let form = StageForm {
            metric: "WEIGHT".to_owned(),
            decimals: "many".to_owned(),
            freeze_at: "never".to_owned(),
            ..StageForm::default()
        };
        let errors = form.parse("UTC").unwrap_err();
        for field in ["metric", "aggregate", "tieRule", "decimals", "freezeAt"] {
            assert!(errors.of(field).is_some(), "{field}");
        }
    }
}
