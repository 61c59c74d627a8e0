//! The form of a competition as it is typed in the browser.

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{
    competition::{CompetitionInput, capacity_bounds},
    errors::FieldErrors,
    field_problem::FieldProblem,
};
use crate::model::{
    CompetitionStatus,
    time_zone::{self, DEFAULT_TIME_ZONE},
};

/// A competition as typed in the browser: every field is a text and named as in JSON. Times are
/// `datetime-local` values, which clocks in the competition's time zone show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompetitionForm {
    /// The title of the competition.
    pub title: String,
    /// The description in Markdown.
    pub description: String,
    /// The number of seats.
    pub capacity: String,
    /// When a draft is published, like `2030-01-08T18:00`, or empty.
    pub publish_at: String,
    /// When registration opens, like `2030-01-15T18:00`, or empty.
    pub opens_at: String,
    /// When registration closes, like `2030-01-31T18:00`.
    pub reg_deadline: String,
    /// When it starts, like `2030-02-01T09:00`.
    pub starts_at: String,
    /// When it ends, like `2030-02-01T18:00`, or empty.
    pub ends_at: String,
    pub location: String,
    /// The time zone of all times of the form, by its IANA name; UTC if it is empty.
    pub time_zone: String,
    /// The tags, separated by commas.
    pub tags: String,
    /// A checkbox: every text but the empty one means yes.
    pub waitlist_enabled: String,
    /// The name of the status: `DRAFT` or `PUBLISHED`.
    pub status: String,
}

impl CompetitionForm {
    /// Parses and checks every field.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed or out of bounds.
    pub fn parse(&self) -> Result<CompetitionInput, FieldErrors> {
        self.parse_beside(None)
    }

    /// Parses and checks every field of a form that has shown `stored`. A time that stands there as it was shown is the
    /// stored one: the form shows neither its seconds nor which of two equal hours it is in.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed or out of bounds.
    pub fn parse_change(&self, stored: &CompetitionInput) -> Result<CompetitionInput, FieldErrors> {
        self.parse_beside(Some(stored))
    }

    fn parse_beside(
        &self,
        stored: Option<&CompetitionInput>,
    ) -> Result<CompetitionInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let capacity = errors.check("capacity", whole_number(&self.capacity));
        let time_zone = match self.time_zone.trim() {
            "" => DEFAULT_TIME_ZONE,
            name => name,
        };
        // The times of an unknown zone are checked as if they were in UTC, and the zone is reported.
        let zone = time_zone::parse_or_utc(time_zone);
        let stored = stored.filter(|stored| stored.time_zone == time_zone);
        let time = |text: &str, stored: Option<DateTime<Utc>>| match stored {
            Some(at) if shown(time_zone, at) == text.trim() => Ok(at),
            _ => time(text, zone),
        };
        let time_or_none = |text: &str, stored| match text.trim() {
            "" => Ok(None),
            text => time(text, stored).map(Some),
        };
        let was = |of: fn(&CompetitionInput) -> Option<DateTime<Utc>>| stored.and_then(of);
        let publish_at = time_or_none(&self.publish_at, was(|it| it.publish_at));
        let publish_at = errors.check("publishAt", publish_at);
        let opens_at = time_or_none(&self.opens_at, was(|it| it.opens_at));
        let opens_at = errors.check("opensAt", opens_at);
        let reg_deadline = time(&self.reg_deadline, was(|it| Some(it.reg_deadline)));
        let reg_deadline = errors.check("regDeadline", reg_deadline);
        let starts_at = time(&self.starts_at, was(|it| Some(it.starts_at)));
        let starts_at = errors.check("startsAt", starts_at);
        let ends_at = time_or_none(&self.ends_at, was(|it| it.ends_at));
        let ends_at = errors.check("endsAt", ends_at);
        let status = errors.check(
            "status",
            match self.status.as_str() {
                "" => Ok(CompetitionStatus::Draft),
                text => text.parse().map_err(|_| FieldProblem::NotInList),
            },
        );
        // Malformed fields get a valid placeholder, so that the bounds of all other fields are checked
        // at the same time.
        let far = DateTime::<Utc>::MAX_UTC;
        let opens_at = match (reg_deadline, opens_at.flatten()) {
            (Some(_), opens_at) => opens_at,
            (None, _) => None,
        };
        let malformed = errors;
        let input = CompetitionInput {
            title: self.title.clone(),
            description: self.description.clone(),
            capacity: capacity.unwrap_or(1),
            publish_at: publish_at.flatten(),
            opens_at,
            reg_deadline: reg_deadline.unwrap_or_default(),
            starts_at: starts_at.unwrap_or(far),
            ends_at: ends_at.flatten(),
            location: self.location.clone(),
            time_zone: time_zone.to_owned(),
            tags: typed_tags(&self.tags),
            waitlist_enabled: !self.waitlist_enabled.is_empty(),
            status: status.unwrap_or(CompetitionStatus::Draft),
        };
        match input.check() {
            Ok(input) if malformed.is_empty() => Ok(input),
            Ok(_) => Err(malformed),
            Err(out_of_bounds) => {
                let mut all = malformed.clone();
                for error in out_of_bounds
                    .iter()
                    .filter(|e| malformed.of(&e.field).is_none())
                {
                    all.add(&error.field, error.problem.clone());
                }
                Err(all)
            }
        }
    }
}

impl From<&CompetitionInput> for CompetitionForm {
    fn from(input: &CompetitionInput) -> Self {
        let local = |time: DateTime<Utc>| shown(&input.time_zone, time);
        Self {
            title: input.title.clone(),
            description: input.description.clone(),
            capacity: input.capacity.to_string(),
            publish_at: input.publish_at.map(local).unwrap_or_default(),
            opens_at: input.opens_at.map(local).unwrap_or_default(),
            reg_deadline: local(input.reg_deadline),
            starts_at: local(input.starts_at),
            ends_at: input.ends_at.map(local).unwrap_or_default(),
            location: input.location.clone(),
            time_zone: input.time_zone.clone(),
            tags: input.tags.join(", "),
            waitlist_enabled: if input.waitlist_enabled { "on" } else { "" }.to_owned(),
            status: input.status.to_string(),
        }
    }
}

/// Returns a time as the form shows it.
fn shown(zone: &str, time: DateTime<Utc>) -> String {
    time_zone::format(zone, time, "%Y-%m-%dT%H:%M")
}

/// Splits tags at commas, and removes empty ones and duplicates.
fn typed_tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// Parses a number of seats.
fn whole_number(text: &str) -> Result<i64, FieldProblem> {
    match text.trim() {
        "" => Err(FieldProblem::NoSeats),
        text => text.parse().map_err(|_| capacity_bounds()),
    }
}

/// Parses a `datetime-local` value, which clocks in the time zone of this name show, or in UTC if there is none.
///
/// # Errors
/// Returns the problem of a text that is no time, or of a time that clocks of the zone skip.
pub fn local_time(text: &str, zone: &str) -> Result<DateTime<Utc>, FieldProblem> {
    time(text, time_zone::parse_or_utc(zone))
}

/// Parses a `datetime-local` value, which clocks in `zone` show, or a full RFC 3339 time.
pub(super) fn time(text: &str, zone: Tz) -> Result<DateTime<Utc>, FieldProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldProblem::NoTime);
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .ok_or(FieldProblem::NotATime)?;
    // A day from the ends of the calendar, so that no zone leads beyond them.
    if !(0..=9_999).contains(&local.year()) {
        return Err(FieldProblem::ImplausibleYear);
    }
    time_zone::moment(zone, local).map_err(|_| FieldProblem::SkippedTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> CompetitionForm {
        CompetitionForm {
            title: "Spring Sprint".into(),
            capacity: "40".into(),
            reg_deadline: "2030-03-01T18:00".into(),
            starts_at: "2030-03-02T09:00".into(),
            tags: "Running, 10k,running".into(),
            ..CompetitionForm::default()
        }
    }

    #[test]
    fn a_form_filled_from_a_parsed_competition_parses_to_the_same() {
        let input = typed().parse().unwrap();
        assert_eq!(input.tags, ["running", "10k"]);
        let again = CompetitionForm::from(&input).parse().unwrap();
        assert_eq!(again, input);
    }

    #[test]
    fn a_time_that_is_not_changed_keeps_what_the_form_does_not_show() {
        let stored = CompetitionInput {
            reg_deadline: "2030-03-01T18:00:37.125Z".parse().unwrap(),
            // The second of two hours that clocks call the same.
            starts_at: "2030-10-27T01:30:00Z".parse().unwrap(),
            time_zone: "Europe/Copenhagen".into(),
            ..typed().parse().unwrap()
        };
        let form = CompetitionForm::from(&stored);
        assert_eq!(form.parse_change(&stored).unwrap(), stored);
        let moved = CompetitionForm {
            starts_at: "2030-10-27T02:31".into(),
            ..form
        };
        let moved = moved.parse_change(&stored).unwrap();
        assert_eq!(moved.starts_at.to_rfc3339(), "2030-10-27T00:31:00+00:00");
        assert_eq!(moved.reg_deadline, stored.reg_deadline);
    }

    #[test]
    fn malformed_and_out_of_bounds_fields_are_reported_together() {
        let form = CompetitionForm {
            title: "x".into(),
            capacity: "many".into(),
            starts_at: "tomorrow".into(),
            ..typed()
        };
        let errors = form.parse().unwrap_err();
        for field in ["title", "capacity", "startsAt"] {
            assert!(errors.of(field).is_some(), "{field}");
        }
        assert_eq!(errors.of("regDeadline"), None);
    }

    #[test]
    fn zero_negative_and_huge_capacities_are_rejected() {
        for capacity in ["0", "-1", "1000001", "99999999999999999999"] {
            let form = CompetitionForm {
                capacity: capacity.into(),
                ..typed()
            };
            assert!(form.parse().unwrap_err().of("capacity").is_some());
        }
    }

    #[test]
    fn times_are_those_of_the_chosen_zone() {
        let form = CompetitionForm {
            publish_at: "2030-02-02T08:00".into(),
            opens_at: "2030-02-16T18:00".into(),
            time_zone: "Europe/Copenhagen".into(),
            ..typed()
        };
        let input = form.parse().unwrap();
        let opens_at: DateTime<Utc> = "2030-02-16T17:00:00Z".parse().unwrap();
        assert_eq!(input.opens_at, Some(opens_at));
        let publish_at: DateTime<Utc> = "2030-02-02T07:00:00Z".parse().unwrap();
        assert_eq!(input.publish_at, Some(publish_at));
        let filled = CompetitionForm::from(&input);
        assert_eq!(filled.opens_at, "2030-02-16T18:00");
        assert_eq!(filled.parse().unwrap(), input);
    }

    #[test]
    fn an_unknown_zone_and_a_time_that_clocks_skip_are_rejected() {
        for (time_zone, opens_at, field) in [
            ("Europe/Atlantis", "2030-02-16T18:00", "timeZone"),
            ("Europe/Copenhagen", "2029-03-25T02:30", "opensAt"),
        ] {
            let form = CompetitionForm {
                opens_at: opens_at.into(),
                time_zone: time_zone.into(),
                ..typed()
            };
            assert!(form.parse().unwrap_err().of(field).is_some(), "{field}");
        }
    }

    #[test]
    fn registration_opens_before_it_closes() {
        let form = |opens_at: &str| CompetitionForm {
            opens_at: opens_at.into(),
            ..typed()
        };
        assert!(form("2030-03-01T17:59").parse().is_ok());
        let errors = form("2030-03-01T18:00").parse().unwrap_err();
        assert!(errors.of("opensAt").is_some());
    }

    #[test]
    fn registration_closes_before_the_start_and_the_end_comes_after_it() {
        let form = CompetitionForm {
            reg_deadline: "2030-03-02T09:01".into(),
            ends_at: "2030-03-02T08:59".into(),
            ..typed()
        };
        let errors = form.parse().unwrap_err();
        assert!(errors.of("regDeadline").is_some());
        assert!(errors.of("endsAt").is_some());
    }
}
