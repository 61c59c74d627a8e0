//! The form of a result, as typed in the browser ([`PerformanceForm`]), and as the value that the REST API's JSON has
//! ([`PerformanceInput`]).

use serde::{Deserialize, Serialize};

use super::{
    check_in::SCAN_CODE_MAX,
    errors::{FieldErrors, line},
    field_problem::FieldProblem,
    result_problem::ResultProblem,
    whole_number::optional_whole,
};
use crate::model::{
    PerformanceId, PerformanceStatus, RegistrationId, StageMetric, check_value, parse_value,
};

/// The most results in one request.
pub const PERFORMANCES_MAX: usize = 10_000;
/// The length of the longest note on a result, in characters.
pub const RESULT_NOTE: usize = 200;
/// The size of the largest request with results, in bytes.
pub const PERFORMANCES_BYTES: usize = 4 << 20;

/// A result of a participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PerformanceInput {
    /// Who has the result: a start number, the number or the code of a ticket, or the id of a registration. Either this or
    /// `registrationId` is required.
    #[serde(default)]
    pub code: Option<String>,
    /// The registration of the participant who has the result.
    #[serde(default)]
    pub registration_id: Option<RegistrationId>,
    /// The value in the smallest unit of the stage: with 2 decimals, 12345 is 123.45 points, or 2:03.45 as a time. It is
    /// required with the status `OK`, but for an attendance, where it is 1 then; other statuses have none.
    #[serde(default, deserialize_with = "optional_whole")]
    pub value: Option<i64>,
    /// What has become of the participant; `OK` if it is absent.
    #[serde(default = "ok")]
    pub status: PerformanceStatus,
    /// A note for those who record results, up to 200 characters in one line.
    #[serde(default)]
    pub note: String,
    /// The result of the same participant that this one corrects. That one does not count any more.
    #[serde(default)]
    pub supersedes: Option<PerformanceId>,
}

const fn ok() -> PerformanceStatus {
    PerformanceStatus::Ok
}

/// A result whose fields are within their bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedPerformance {
    /// Who has the result.
    pub code: String,
    pub value: Option<i64>,
    pub status: PerformanceStatus,
    pub note: String,
    pub supersedes: Option<PerformanceId>,
}

impl PerformanceInput {
    /// Checks every field of a result in a stage with this metric.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self, metric: StageMetric) -> Result<CheckedPerformance, FieldErrors> {
        let mut errors = FieldErrors::default();
        let code = match (self.code, self.registration_id) {
            (Some(code), None) => {
                line(&code, ResultProblem::NoParticipant.into(), 1, SCAN_CODE_MAX)
            }
            (None, Some(id)) => Ok(id.to_string()),
            _ => Err(ResultProblem::NoParticipant.into()),
        };
        let code = errors.check("code", code);
        let value = match (self.status, self.value, metric) {
            (PerformanceStatus::Ok, Some(value), _) => check_value(metric, value).map(Some),
            (PerformanceStatus::Ok, None, StageMetric::Attendance) => Ok(Some(1)),
            (PerformanceStatus::Ok, None, _) => Err(ResultProblem::NoValue),
            (_, None, _) => Ok(None),
            (_, Some(_), _) => Err(ResultProblem::ValueWithoutResult),
        };
        let value = errors.check("value", value.map_err(FieldProblem::from));
        let note = line(&self.note, FieldProblem::NoName, 0, RESULT_NOTE);
        let note = errors.check("note", note);
        match (code, value, note) {
            (Some(code), Some(value), Some(note)) => Ok(CheckedPerformance {
                code,
                value,
                status: self.status,
                note,
                supersedes: self.supersedes,
            }),
            _ => Err(errors),
        }
    }
}

/// A result as it was typed in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PerformanceForm {
    /// Who has the result.
    pub code: String,
    /// The value as people write it; empty without a result.
    pub value: String,
    /// The name of the status; `OK` if it is empty.
    pub status: String,
    pub note: String,
    /// The id of the result that this one corrects; empty if it corrects none.
    pub supersedes: String,
}

impl PerformanceForm {
    /// Reads a result of a stage whose values have this many decimals.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed or out of bounds.
    pub fn parse(
        &self,
        metric: StageMetric,
        decimals: u32,
    ) -> Result<PerformanceInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let typed = self.status.trim();
        let status = match typed {
            "" => Ok(PerformanceStatus::Ok),
            name => name.to_ascii_uppercase().parse(),
        };
        let status = status.map_err(|_| ResultProblem::NotAResultStatus.into());
        let status = errors.check("status", status);
        let value = match self.value.trim() {
            "" => Some(None),
            value => {
                let read = parse_value(metric, decimals, value);
                let read = read.map(Some).map_err(FieldProblem::from);
                errors.check("value", read)
            }
        };
        let supersedes = match self.supersedes.trim() {
            "" => Some(None),
            id => {
                let id = id.parse().map(Some);
                errors.check(
                    "supersedes",
                    id.map_err(|_| ResultProblem::NothingToCorrect.into()),
                )
            }
        };
        let (Some(status), Some(value), Some(supersedes)) = (status, value, supersedes) else {
            return Err(errors);
        };
        let input = PerformanceInput {
            code: Some(self.code.clone()),
            registration_id: None,
            value,
            status,
            note: self.note.clone(),
            supersedes,
        };
        input.clone().check(metric).map(|_| input)
    }

    /// Reads a line like `12;1:02:03.45;OK;a note`, whose fields are separated by semicolons or tabs. A status may stand
    /// in the place of the value.
    #[must_use]
    pub fn of_line(line: &str) -> Self {
        let separator = if line.contains(';') { ';' } else { '\t' };
        let mut fields = line.splitn(4, separator).map(|field| {
            let field = field.trim();
            let unquoted = field
                .strip_prefix('"')
                .and_then(|field| field.strip_suffix('"'));
            unquoted.unwrap_or(field).to_owned()
        });
        let mut next = || fields.next().unwrap_or_default();
        let (code, mut value, mut status, note) = (next(), next(), next(), next());
        let is_status = value
            .to_ascii_uppercase()
            .parse::<PerformanceStatus>()
            .is_ok();
        if is_status && status.is_empty() {
            status = std::mem::take(&mut value);
        }
        Self {
            code,
            value,
            status,
            note,
            supersedes: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<PerformanceInput, FieldErrors> {
        PerformanceForm::of_line(line).parse(StageMetric::Time, 2)
    }

    #[test]
    fn a_line_has_a_participant_a_value_a_status_and_a_note() {
        let input = read("12; 1:02:03.45 ;ok;fell; and got up").unwrap();
        assert_eq!(
            (input.code.as_deref(), input.value, input.status),
            (Some("12"), Some(372_345), PerformanceStatus::Ok)
        );
        assert_eq!(input.note, "fell; and got up");
        let dnf = read("13;dnf").unwrap();
        assert_eq!((dnf.value, dnf.status), (None, PerformanceStatus::Dnf));
        assert_eq!(read("14\t59").unwrap().value, Some(5_900));
        assert_eq!(read("15;;DSQ").unwrap().status, PerformanceStatus::Dsq);
    }

    #[test]
    fn every_field_of_a_line_that_is_wrong_is_named() {
        for (line, field, problem) in [
            ("12;-1", "value", ResultProblem::NegativeTime),
            ("12;1.234", "value", ResultProblem::TooManyDecimals(2)),
            ("12", "value", ResultProblem::NoValue),
            ("12;1;DNF", "value", ResultProblem::ValueWithoutResult),
            ("12;1;LATE", "status", ResultProblem::NotAResultStatus),
            (";1", "code", ResultProblem::NoParticipant),
        ] {
            let errors = read(line).unwrap_err();
            assert_eq!(errors.of(field), Some(&problem.into()), "{line}");
        }
        let long = format!("12;1;OK;{}", "x".repeat(RESULT_NOTE + 1));
        assert!(read(&long).unwrap_err().of("note").is_some());
    }

    #[test]
    fn a_result_names_its_participant_in_one_way() {
        let input = |code: Option<&str>, id| PerformanceInput {
            code: code.map(str::to_owned),
            registration_id: id,
            value: None,
            status: PerformanceStatus::Ok,
            note: String::new(),
            supersedes: None,
        };
        let id = RegistrationId(uuid::Uuid::nil());
        let check = |input: PerformanceInput| input.check(StageMetric::Attendance);
        assert_eq!(check(input(None, Some(id))).unwrap().value, Some(1));
        for wrong in [input(None, None), input(Some("1"), Some(id))] {
            let errors = check(wrong).unwrap_err();
            assert_eq!(
                errors.of("code"),
                Some(&ResultProblem::NoParticipant.into())
            );
        }
    }
}
