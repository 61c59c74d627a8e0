//! Making and changing a competition: as typed in the browser ([`CompetitionForm`]), and as the
//! value both the browser's form and the REST API's JSON come to ([`CompetitionInput`]).

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    competition_patch::CompetitionTimes,
    errors::{FieldErrors, block, line},
    whole_number::whole,
};
use crate::model::{CompetitionStatus, CompetitionView, timestamp::storable};

/// The bounds of fields.
pub mod field_limits {
    /// Shortest and longest title, in characters.
    pub const TITLE: (usize, usize) = (3, 120);
    /// Longest description, in characters.
    pub const DESCRIPTION: usize = 20_000;
    /// Longest location, in characters.
    pub const LOCATION: usize = 200;
    /// Most tags.
    pub const TAGS: usize = 10;
    /// Longest tag, in characters.
    pub const TAG: usize = 30;
    /// Most seats.
    pub const CAPACITY: i64 = 1_000_000;
    /// Longest name of an account, in characters.
    pub const NAME: usize = 100;
    /// Longest e-mail address, in characters (RFC 5321, with RFC 3696's erratum 1690).
    pub const EMAIL: usize = 254;
    /// Shortest and longest password, in characters (NIST SP 800-63B asks for at least 8; the
    /// longest bounds the work that hashing costs).
    pub const PASSWORD: (usize, usize) = (10, 200);
}

/// Everything an organizer decides about a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompetitionInput {
    /// One line, 3 to 120 characters.
    pub title: String,
    /// Markdown, at most 20,000 characters.
    #[serde(default)]
    pub description: String,
    /// Seats, 1 to 1,000,000.
    #[serde(deserialize_with = "whole")]
    pub capacity: i64,
    /// Registration closes then; not after the start.
    pub reg_deadline: DateTime<Utc>,
    /// It begins then.
    pub starts_at: DateTime<Utc>,
    /// It ends then; not before the start.
    #[serde(default)]
    pub ends_at: Option<DateTime<Utc>>,
    /// Where, at most 200 characters.
    #[serde(default)]
    pub location: String,
    /// At most 10 words or short phrases.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether people may queue when it is full.
    #[serde(default)]
    pub waitlist_enabled: bool,
    /// A draft unless said otherwise.
    #[serde(default = "draft")]
    pub status: CompetitionStatus,
}

impl From<&CompetitionView> for CompetitionInput {
    fn from(view: &CompetitionView) -> Self {
        Self {
            title: view.title.clone(),
            description: view.description.clone(),
            capacity: view.capacity.into(),
            reg_deadline: view.reg_deadline,
            starts_at: view.starts_at,
            ends_at: view.ends_at,
            location: view.location.clone(),
            tags: view.tags.clone(),
            waitlist_enabled: view.waitlist_enabled,
            status: view.status,
        }
    }
}

fn draft() -> CompetitionStatus {
    CompetitionStatus::Draft
}

impl CompetitionInput {
    /// The same as it is kept (trimmed, with tidy tags, line ends and times), if every field is
    /// within its bounds.
    ///
    /// # Errors
    /// Which fields are not, and what to do.
    pub fn check(self) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let (min, max) = field_limits::TITLE;
        let title = errors.check("title", line(&self.title, "a title", min, max));
        let description = errors.check(
            "description",
            block(&self.description, "", 0, field_limits::DESCRIPTION),
        );
        let location = errors.check(
            "location",
            line(&self.location, "", 0, field_limits::LOCATION),
        );
        let tags = errors.check("tags", tidy_tags(&self.tags));
        if !(1..=field_limits::CAPACITY).contains(&self.capacity) {
            errors.add(
                "capacity",
                format!("Enter a number from 1 to {}.", field_limits::CAPACITY),
            );
        }
        let times = CompetitionTimes {
            reg_deadline: storable(self.reg_deadline),
            starts_at: storable(self.starts_at),
            ends_at: self.ends_at.map(storable),
        };
        check_times(&mut errors, times);
        match (title, description, location, tags) {
            (Some(title), Some(description), Some(location), Some(tags)) if errors.is_empty() => {
                Ok(Self {
                    title,
                    description,
                    location,
                    tags,
                    reg_deadline: times.reg_deadline,
                    starts_at: times.starts_at,
                    ends_at: times.ends_at,
                    ..self
                })
            }
            _ => Err(errors),
        }
    }
}

/// The rules about a competition's moments: their order, and that they are within reason.
pub(super) fn check_times(errors: &mut FieldErrors, times: CompetitionTimes) {
    if times.reg_deadline > times.starts_at {
        errors.add("regDeadline", "Registration can't close after the start.");
    }
    if times.ends_at.is_some_and(|end| end < times.starts_at) {
        errors.add("endsAt", "The end can't come before the start.");
    }
    for (field, time) in [
        ("regDeadline", Some(times.reg_deadline)),
        ("startsAt", Some(times.starts_at)),
        ("endsAt", times.ends_at),
    ] {
        if time.is_some_and(|t| !within_reason(t)) {
            errors.add(field, "Enter a year from 2000 to 2199.");
        }
    }
}

/// Beyond these years a date is a typing error (and PostgreSQL, SQLite and JavaScript start to
/// differ in what they can hold).
fn within_reason(time: DateTime<Utc>) -> bool {
    use chrono::Datelike;
    (2000..2200).contains(&time.year())
}

/// Lower case, trimmed, each once, in the order given.
fn tidy_tags(tags: &[String]) -> Result<Vec<String>, String> {
    if tags.len() > field_limits::TAGS {
        return Err(format!("Use at most {} tags.", field_limits::TAGS));
    }
    let mut tidy: Vec<String> = Vec::new();
    for tag in tags {
        let tag = line(tag, "a tag", 1, field_limits::TAG)?.to_lowercase();
        if tag.contains(',') {
            return Err("Use no commas within a tag.".to_owned());
        }
        if !tidy.contains(&tag) {
            tidy.push(tag);
        }
    }
    Ok(tidy)
}

/// A competition as typed in the browser: every field a text, named as in JSON. CompetitionTimes are
/// `datetime-local` values, meant in UTC (the page says so).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompetitionForm {
    /// One line.
    pub title: String,
    /// Markdown.
    pub description: String,
    /// A whole number.
    pub capacity: String,
    /// `2030-01-31T18:00`.
    pub reg_deadline: String,
    /// `2030-02-01T09:00`.
    pub starts_at: String,
    /// `2030-02-01T18:00`, or empty.
    pub ends_at: String,
    /// Where.
    pub location: String,
    /// Separated by commas.
    pub tags: String,
    /// A checkbox: anything but the empty text means yes.
    pub waitlist_enabled: String,
    /// `DRAFT` or `PUBLISHED`.
    pub status: String,
}

impl CompetitionForm {
    /// The competition, if every field holds.
    ///
    /// # Errors
    /// Which fields do not, and what to do.
    pub fn parse(&self) -> Result<CompetitionInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let capacity = errors.check("capacity", whole_number(&self.capacity));
        let reg_deadline = errors.check("regDeadline", time(&self.reg_deadline));
        let starts_at = errors.check("startsAt", time(&self.starts_at));
        let ends_at = errors.check(
            "endsAt",
            if self.ends_at.trim().is_empty() {
                Ok(None)
            } else {
                time(&self.ends_at).map(Some)
            },
        );
        let status = errors.check(
            "status",
            match self.status.as_str() {
                "" => Ok(CompetitionStatus::Draft),
                text => text
                    .parse()
                    .map_err(|_| "Choose a status from the list.".to_owned()),
            },
        );
        // What could not be read stands in as something harmless, so that the bounds of all the
        // other fields are checked in the same round.
        let far = DateTime::<Utc>::MAX_UTC;
        let unread = errors;
        let input = CompetitionInput {
            title: self.title.clone(),
            description: self.description.clone(),
            capacity: capacity.unwrap_or(1),
            reg_deadline: reg_deadline.unwrap_or_default(),
            starts_at: starts_at.unwrap_or(far),
            ends_at: ends_at.flatten(),
            location: self.location.clone(),
            tags: typed_tags(&self.tags),
            waitlist_enabled: !self.waitlist_enabled.is_empty(),
            status: status.unwrap_or(CompetitionStatus::Draft),
        };
        match input.check() {
            Ok(input) if unread.is_empty() => Ok(input),
            Ok(_) => Err(unread),
            Err(bounds) => {
                let mut all = unread.clone();
                for error in bounds.iter().filter(|e| unread.of(&e.field).is_none()) {
                    all.add(&error.field, error.message.clone());
                }
                Err(all)
            }
        }
    }
}

impl From<&CompetitionInput> for CompetitionForm {
    fn from(input: &CompetitionInput) -> Self {
        let local = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%M").to_string();
        Self {
            title: input.title.clone(),
            description: input.description.clone(),
            capacity: input.capacity.to_string(),
            reg_deadline: local(input.reg_deadline),
            starts_at: local(input.starts_at),
            ends_at: input.ends_at.map(local).unwrap_or_default(),
            location: input.location.clone(),
            tags: input.tags.join(", "),
            waitlist_enabled: if input.waitlist_enabled { "on" } else { "" }.to_owned(),
            status: input.status.to_string(),
        }
    }
}

/// Tags as typed, separated by commas: blanks between two commas are none, and saying one twice
/// is saying it once.
fn typed_tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

fn whole_number(text: &str) -> Result<i64, String> {
    match text.trim() {
        "" => Err("Enter the number of seats.".to_owned()),
        text => text
            .parse()
            .map_err(|_| format!("Enter a number from 1 to {}.", field_limits::CAPACITY)),
    }
}

/// A `datetime-local` value, or a full RFC 3339 time (what the island that knows the visitor's
/// zone sends).
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Enter a date and a time.".to_owned());
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|time| time.and_utc())
        .ok_or_else(|| "Enter a date and a time like 2030-01-31T18:00.".to_owned())
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
    fn what_was_typed_comes_back_the_same_after_parsing() {
        let input = typed().parse().unwrap();
        assert_eq!(input.tags, ["running", "10k"]);
        let again = CompetitionForm::from(&input).parse().unwrap();
        assert_eq!(again, input);
    }

    #[test]
    fn unreadable_and_out_of_bounds_fields_are_reported_together() {
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
    fn zero_negative_and_absurd_capacities_are_refused() {
        for capacity in ["0", "-1", "1000001", "99999999999999999999"] {
            let form = CompetitionForm {
                capacity: capacity.into(),
                ..typed()
            };
            assert!(form.parse().unwrap_err().of("capacity").is_some());
        }
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
