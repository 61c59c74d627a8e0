//! The values of a competition that both the browser's form and the REST API's JSON are converted to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    competition_times::{CompetitionTimes, check_times, is_plausible},
    errors::{FieldErrors, block, line},
    field_limits,
    field_problem::FieldProblem,
    whole_number::whole,
};
use crate::model::{
    CompetitionStatus, CompetitionView,
    time_zone::{self, DEFAULT_TIME_ZONE},
    timestamp::storable,
};

/// Everything that an organizer decides about a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompetitionInput {
    /// The title, one line of 3 to 120 characters.
    pub title: String,
    /// The description in Markdown, at most 20,000 characters.
    #[serde(default)]
    pub description: String,
    /// The number of seats, 1 to 1,000,000.
    #[serde(deserialize_with = "whole")]
    pub capacity: i64,
    /// When a draft is published by itself; in the future, and before registration closes. If it is absent or `null`,
    /// the draft stays one until it is published.
    #[serde(default)]
    pub publish_at: Option<DateTime<Utc>>,
    /// When registration opens; before it closes. If it is absent or `null`, registration is open as soon
    /// as the competition is published.
    #[serde(default)]
    pub opens_at: Option<DateTime<Utc>>,
    /// When registration closes; not after the start.
    pub reg_deadline: DateTime<Utc>,
    /// When the competition starts.
    pub starts_at: DateTime<Utc>,
    /// When the competition ends; not before the start.
    #[serde(default)]
    pub ends_at: Option<DateTime<Utc>>,
    /// Where it takes place, at most 200 characters.
    #[serde(default)]
    pub location: String,
    /// The time zone of the venue, by its IANA name; `UTC` if it is absent.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// At most 10 words or short phrases of at most 30 characters.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether participants may join a waitlist when all seats are taken.
    #[serde(default)]
    pub waitlist_enabled: bool,
    /// The status; a draft if it is absent.
    #[serde(default = "draft")]
    pub status: CompetitionStatus,
}

impl From<&CompetitionView> for CompetitionInput {
    fn from(view: &CompetitionView) -> Self {
        Self {
            title: view.title.clone(),
            description: view.description.clone(),
            capacity: view.capacity.into(),
            publish_at: view.publish_at,
            opens_at: view.opens_at,
            reg_deadline: view.reg_deadline,
            starts_at: view.starts_at,
            ends_at: view.ends_at,
            location: view.location.clone(),
            time_zone: view.time_zone.clone(),
            tags: view.tags.clone(),
            waitlist_enabled: view.waitlist_enabled,
            status: view.status,
        }
    }
}

fn utc() -> String {
    DEFAULT_TIME_ZONE.to_owned()
}

fn draft() -> CompetitionStatus {
    CompetitionStatus::Draft
}

impl CompetitionInput {
    /// Checks every field and returns the values in the form in which they are stored: trimmed, with
    /// tags and line ends normalized and times in whole microseconds.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let (min, max) = field_limits::TITLE;
        let title = errors.check("title", line(&self.title, FieldProblem::NoTitle, min, max));
        let description = errors.check(
            "description",
            block(
                &self.description,
                FieldProblem::NoBody,
                0,
                field_limits::DESCRIPTION,
            ),
        );
        let location = errors.check(
            "location",
            line(
                &self.location,
                FieldProblem::NoName,
                0,
                field_limits::LOCATION,
            ),
        );
        let tags = errors.check("tags", normalized_tags(&self.tags));
        if time_zone::parse(&self.time_zone).is_none() {
            errors.add("timeZone", FieldProblem::UnknownTimeZone);
        }
        if !(1..=field_limits::CAPACITY).contains(&self.capacity) {
            errors.add("capacity", capacity_bounds());
        }
        let times = CompetitionTimes {
            opens_at: self.opens_at.map(storable),
            reg_deadline: storable(self.reg_deadline),
            starts_at: storable(self.starts_at),
            ends_at: self.ends_at.map(storable),
        };
        check_times(&mut errors, times);
        let publish_at = self.publish_at.map(storable);
        if publish_at.is_some_and(|time| !is_plausible(time)) {
            errors.add("publishAt", FieldProblem::ImplausibleYear);
        }
        match (title, description, location, tags) {
            (Some(title), Some(description), Some(location), Some(tags)) if errors.is_empty() => {
                Ok(Self {
                    title,
                    description,
                    location,
                    tags,
                    publish_at,
                    opens_at: times.opens_at,
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

/// Trims tags, puts them into lower case and removes duplicates; the order stays.
fn normalized_tags(tags: &[String]) -> Result<Vec<String>, FieldProblem> {
    if tags.len() > field_limits::TAGS {
        return Err(FieldProblem::TooManyTags(field_limits::TAGS as u64));
    }
    let mut normalized: Vec<String> = Vec::new();
    for tag in tags {
        let tag = line(tag, FieldProblem::NoTag, 1, field_limits::TAG)?.to_lowercase();
        if tag.contains(',') {
            return Err(FieldProblem::CommaInTag);
        }
        if !normalized.contains(&tag) {
            normalized.push(tag);
        }
    }
    Ok(normalized)
}

/// Returns the problem of a number of seats that is out of bounds.
pub(super) fn capacity_bounds() -> FieldProblem {
    FieldProblem::NumberOutOfBounds(field_limits::CAPACITY.unsigned_abs())
}
