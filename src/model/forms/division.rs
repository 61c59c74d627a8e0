//! The form of a division, as typed in the browser ([`DivisionForm`]), and as the values that the REST API's JSON has
//! ([`DivisionInput`], [`DivisionPatch`]).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    competition::capacity_bounds,
    competition_form::time,
    competition_times::is_plausible,
    errors::{FieldErrors, line},
    field_limits,
    field_problem::FieldProblem,
    present::present,
    whole_number::{optional_whole, present_optional_whole},
};
use crate::model::{DivisionView, time_zone, timestamp::storable};

/// The length of the longest name, in characters.
pub const DIVISION_NAME: usize = 80;
/// The highest age limit, in years.
pub const AGE_MAX: i64 = 120;
/// The highest start number.
pub const START_NUMBER_MAX: i64 = 99_999;
/// The number of divisions that a competition may have.
pub const DIVISIONS_MAX: usize = 50;

/// Everything that an organizer decides about a division.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DivisionInput {
    /// The name, one line of 1 to 80 characters. No other division of the competition has it.
    pub name: String,
    /// The number of seats, 1 to 1,000,000. If it is absent or `null`, only the capacity of the competition limits the
    /// division.
    #[serde(default, deserialize_with = "optional_whole")]
    pub capacity: Option<i64>,
    /// The lowest age of participants in years, 1 to 120; there is none if it is absent or `null`.
    #[serde(default, deserialize_with = "optional_whole")]
    pub age_min: Option<i64>,
    /// The highest age of participants in years, 1 to 120; there is none if it is absent or `null`.
    #[serde(default, deserialize_with = "optional_whole")]
    pub age_max: Option<i64>,
    /// When the division starts; with the competition if it is absent or `null`.
    #[serde(default)]
    pub starts_at: Option<DateTime<Utc>>,
    /// The first start number of the division, 1 to 99,999; with `numberTo`, or not at all.
    #[serde(default, deserialize_with = "optional_whole")]
    pub number_from: Option<i64>,
    /// The last start number of the division, 1 to 99,999.
    #[serde(default, deserialize_with = "optional_whole")]
    pub number_to: Option<i64>,
}

impl DivisionInput {
    /// Checks every field, and returns the values in the form in which they are stored.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = line(&self.name, FieldProblem::NoName, 1, DIVISION_NAME);
        let name = errors.check("name", name);
        let is_capacity = |capacity| (1..=field_limits::CAPACITY).contains(&capacity);
        if !self.capacity.is_none_or(is_capacity) {
            errors.add("capacity", capacity_bounds());
        }
        for (field, age) in [("ageMin", self.age_min), ("ageMax", self.age_max)] {
            if !age.is_none_or(|age| (1..=AGE_MAX).contains(&age)) {
                let bounds = FieldProblem::NumberOutOfBounds(AGE_MAX.unsigned_abs());
                errors.add(field, bounds);
            }
        }
        if let (Some(min), Some(max)) = (self.age_min, self.age_max)
            && min > max
        {
            errors.add("ageMax", FieldProblem::AgesOutOfOrder);
        }
        for (field, number) in [
            ("numberFrom", self.number_from),
            ("numberTo", self.number_to),
        ] {
            if !number.is_none_or(|number| (1..=START_NUMBER_MAX).contains(&number)) {
                let bounds = FieldProblem::NumberOutOfBounds(START_NUMBER_MAX.unsigned_abs());
                errors.add(field, bounds);
            }
        }
        match (self.number_from, self.number_to) {
            (Some(from), Some(to)) if from > to => {
                errors.add("numberTo", FieldProblem::StartNumbersOutOfOrder);
            }
            (Some(_), None) => errors.add("numberTo", FieldProblem::HalfARange),
            (None, Some(_)) => errors.add("numberFrom", FieldProblem::HalfARange),
            (Some(_), Some(_)) | (None, None) => {}
        }
        let starts_at = self.starts_at.map(storable);
        if starts_at.is_some_and(|time| !is_plausible(time)) {
            errors.add("startsAt", FieldProblem::ImplausibleYear);
        }
        match name {
            Some(name) if errors.is_empty() => Ok(Self {
                name,
                starts_at,
                ..self
            }),
            _ => Err(errors),
        }
    }
}

impl From<&DivisionView> for DivisionInput {
    fn from(view: &DivisionView) -> Self {
        Self {
            name: view.name.clone(),
            capacity: view.capacity.map(Into::into),
            age_min: view.age_min.map(Into::into),
            age_max: view.age_max.map(Into::into),
            starts_at: view.starts_at,
            number_from: view.number_from.map(Into::into),
            number_to: view.number_to.map(Into::into),
        }
    }
}

/// A change of a division. Absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DivisionPatch {
    /// The name, one line of 1 to 80 characters. No other division of the competition has it.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub name: Option<String>,
    /// The number of seats, 1 to 1,000,000, and not below the number of seats that are taken; `null` means that only
    /// the capacity of the competition limits the division.
    #[serde(default, deserialize_with = "present_optional_whole")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<i64>))]
    pub capacity: Option<Option<i64>>,
    /// The lowest age of participants in years, 1 to 120; `null` means that there is none.
    #[serde(default, deserialize_with = "present_optional_whole")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<i64>))]
    pub age_min: Option<Option<i64>>,
    /// The highest age of participants in years, 1 to 120; `null` means that there is none.
    #[serde(default, deserialize_with = "present_optional_whole")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<i64>))]
    pub age_max: Option<Option<i64>>,
    /// When the division starts; `null` means that it starts with the competition.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<DateTime<Utc>>))]
    pub starts_at: Option<Option<DateTime<Utc>>>,
    /// The first start number of the division, 1 to 99,999; `null` takes the range away, with that of `numberTo`.
    #[serde(default, deserialize_with = "present_optional_whole")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<i64>))]
    pub number_from: Option<Option<i64>>,
    /// The last start number of the division, 1 to 99,999.
    #[serde(default, deserialize_with = "present_optional_whole")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<i64>))]
    pub number_to: Option<Option<i64>>,
}

impl DivisionPatch {
    /// Returns the division after this change of the division `now`.
    #[must_use]
    pub fn applied_to(&self, now: DivisionInput) -> DivisionInput {
        DivisionInput {
            name: self.name.clone().unwrap_or(now.name),
            capacity: self.capacity.unwrap_or(now.capacity),
            age_min: self.age_min.unwrap_or(now.age_min),
            age_max: self.age_max.unwrap_or(now.age_max),
            starts_at: self.starts_at.unwrap_or(now.starts_at),
            number_from: self.number_from.unwrap_or(now.number_from),
            number_to: self.number_to.unwrap_or(now.number_to),
        }
    }
}

/// Creates a change of every field.
impl From<DivisionInput> for DivisionPatch {
    fn from(input: DivisionInput) -> Self {
        Self {
            name: Some(input.name),
            capacity: Some(input.capacity),
            age_min: Some(input.age_min),
            age_max: Some(input.age_max),
            starts_at: Some(input.starts_at),
            number_from: Some(input.number_from),
            number_to: Some(input.number_to),
        }
    }
}

/// A division as it was typed in the browser. Every field but the name may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DivisionForm {
    pub name: String,
    pub capacity: String,
    pub age_min: String,
    pub age_max: String,
    /// When it starts, like `2030-01-15T18:00` on clocks at the venue.
    pub starts_at: String,
    pub number_from: String,
    pub number_to: String,
}

impl DivisionForm {
    /// Returns the form with stored values; times are those of clocks in `zone`.
    #[must_use]
    pub fn of(input: &DivisionInput, zone: &str) -> Self {
        let number =
            |value: Option<i64>| value.map(|number| number.to_string()).unwrap_or_default();
        let local = |time: DateTime<Utc>| time_zone::format(zone, time, "%Y-%m-%dT%H:%M");
        Self {
            name: input.name.clone(),
            capacity: number(input.capacity),
            age_min: number(input.age_min),
            age_max: number(input.age_max),
            starts_at: input.starts_at.map(local).unwrap_or_default(),
            number_from: number(input.number_from),
            number_to: number(input.number_to),
        }
    }

    /// Parses and checks every field. `zone` is the time zone of the venue, by its IANA name.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed or out of bounds.
    pub fn parse(&self, zone: &str) -> Result<DivisionInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let ages = FieldProblem::NumberOutOfBounds(AGE_MAX.unsigned_abs());
        let mut number = |field, text: &str, bounds| match text.trim() {
            "" => None,
            text => errors.check(field, text.parse::<i64>().map_err(|_| bounds)),
        };
        let capacity = number("capacity", &self.capacity, capacity_bounds());
        let age_min = number("ageMin", &self.age_min, ages.clone());
        let age_max = number("ageMax", &self.age_max, ages);
        let numbers = FieldProblem::NumberOutOfBounds(START_NUMBER_MAX.unsigned_abs());
        let number_from = number("numberFrom", &self.number_from, numbers.clone());
        let number_to = number("numberTo", &self.number_to, numbers);
        let starts_at = match self.starts_at.trim() {
            "" => None,
            text => errors.check("startsAt", time(text, time_zone::parse_or_utc(zone))),
        };
        let checked = DivisionInput {
            name: self.name.clone(),
            capacity,
            age_min,
            age_max,
            starts_at,
            number_from,
            number_to,
        }
        .check();
        match checked {
            Ok(input) if errors.is_empty() => Ok(input),
            Ok(_) => Err(errors),
            Err(more) => {
                for error in more.iter() {
                    errors.add(&error.field, error.problem.clone());
                }
                Err(errors)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str, capacity: &str, ages: (&str, &str)) -> DivisionForm {
        DivisionForm {
            name: name.to_owned(),
            capacity: capacity.to_owned(),
            age_min: ages.0.to_owned(),
            age_max: ages.1.to_owned(),
            ..DivisionForm::default()
        }
    }

    #[test]
    fn only_the_name_of_a_division_is_required() {
        let division = form(" 10 km ", "", ("", "")).parse("UTC").unwrap();
        let expected = DivisionInput {
            name: "10 km".to_owned(),
            ..DivisionInput::default()
        };
        assert_eq!(division, expected);
        let full = form("Juniors", "30", ("12", "17")).parse("UTC").unwrap();
        assert_eq!(
            (full.capacity, full.age_min, full.age_max),
            (Some(30), Some(12), Some(17))
        );
    }

    #[test]
    fn every_field_that_is_out_of_bounds_is_named_at_once() {
        let wrong = form("", "0", ("x", "121")).parse("UTC").unwrap_err();
        let mut fields: Vec<_> = wrong.iter().map(|error| error.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["ageMax", "ageMin", "capacity", "name"]);
        let reversed = form("x", "", ("18", "12")).parse("UTC").unwrap_err();
        assert_eq!(reversed.of("ageMax"), Some(&FieldProblem::AgesOutOfOrder));
    }

    #[test]
    fn a_range_of_start_numbers_has_both_ends_in_order() {
        let range = |from: &str, to: &str| {
            let form = DivisionForm {
                number_from: from.to_owned(),
                number_to: to.to_owned(),
                ..form("10 km", "", ("", ""))
            };
            let parsed = form.parse("UTC");
            parsed.map(|input| (input.number_from, input.number_to))
        };
        assert_eq!(range("100", "199"), Ok((Some(100), Some(199))));
        assert_eq!(range("7", "7"), Ok((Some(7), Some(7))));
        for (from, to, field) in [
            ("200", "199", "numberTo"),
            ("1", "", "numberTo"),
            ("", "9", "numberFrom"),
            ("0", "9", "numberFrom"),
            ("1", "100000", "numberTo"),
        ] {
            assert!(
                range(from, to).unwrap_err().of(field).is_some(),
                "{from} {to}"
            );
        }
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_takes_a_limit_away() {
        let now = DivisionInput {
            name: "A".to_owned(),
            capacity: Some(5),
            age_min: Some(12),
            ..DivisionInput::default()
        };
        let patch: DivisionPatch = serde_json::from_str(r#"{"capacity":null}"#).unwrap();
        let then = patch.applied_to(now.clone());
        assert_eq!(
            then,
            DivisionInput {
                capacity: None,
                ..now
            }
        );
        assert!(serde_json::from_str::<DivisionPatch>(r#"{"name":null}"#).is_err());
        assert!(serde_json::from_str::<DivisionPatch>(r#"{"colour":1}"#).is_err());
    }
}
