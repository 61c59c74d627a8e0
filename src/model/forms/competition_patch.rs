//! A change of a competition: the fields that change, and nothing about the others.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    competition_times::{CompetitionTimes, check_times},
    eligibility::{check_ages, domains},
    errors::FieldErrors,
    present::present,
    whole_number::{present_optional_whole, present_whole},
};
use crate::model::{CompetitionStatus, Permission, forms::CompetitionInput};

/// A change of a competition. Absent fields stay as they are, so changes of different fields that are
/// made at the same time are all kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompetitionPatch {
    /// The title, one line of 3 to 120 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub title: Option<String>,
    /// The description in Markdown, at most 20,000 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub description: Option<String>,
    /// The number of seats, 1 to 1,000,000; not below the number of seats that are taken.
    #[serde(default, deserialize_with = "present_whole")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub capacity: Option<i64>,
    /// The time at which a draft is published by itself; `null` means that it stays a draft until it is published.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<DateTime<Utc>>))]
    pub publish_at: Option<Option<DateTime<Utc>>>,
    /// The time at which registration opens; `null` means that it is open as soon as the competition is
    /// published.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<DateTime<Utc>>))]
    pub opens_at: Option<Option<DateTime<Utc>>>,
    /// The time at which registration closes.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub reg_deadline: Option<DateTime<Utc>>,
    /// When the competition starts.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub starts_at: Option<DateTime<Utc>>,
    /// When the competition ends; `null` means that this is not known.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<DateTime<Utc>>))]
    pub ends_at: Option<Option<DateTime<Utc>>>,
    /// Where it takes place, at most 200 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub location: Option<String>,
    /// The time zone of the venue, by its IANA name.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub time_zone: Option<String>,
    /// At most 10 words or short phrases of at most 30 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub tags: Option<Vec<String>>,
    /// Whether participants may join a waitlist when all seats are taken.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub waitlist_enabled: Option<bool>,
    /// The status that the organizer decided on.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub status: Option<CompetitionStatus>,
    /// Whether nobody registers without a code.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub code_required: Option<bool>,
    /// The domains of the confirmed e-mail addresses that may register, at most 50, like `uni.example`. Those below a domain
    /// are others. An empty list means that every address may.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub email_domains: Option<Vec<String>>,
    /// The lowest age of participants on the day of the start in years, 1 to 120; `null` means that there is none. Whoever
    /// registers is asked for the date of birth.
    #[serde(default, deserialize_with = "present_optional_whole")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<i64>))]
    pub age_min: Option<Option<i64>>,
    /// The highest age of participants on the day of the start in years, 1 to 120; `null` means that there is none.
    #[serde(default, deserialize_with = "present_optional_whole")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<i64>))]
    pub age_max: Option<Option<i64>>,
    /// Whether ages, those of divisions included, are only shown: nobody is asked for the date of birth, and nobody is refused
    /// because of their age.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub ages_unchecked: Option<bool>,
    /// Whether the new deadline closes registration early, so that the present one is remembered. No client can say so.
    #[serde(skip)]
    pub closes_early: bool,
}

/// Creates a change of every field but those that say who may register.
impl From<CompetitionInput> for CompetitionPatch {
    fn from(input: CompetitionInput) -> Self {
        Self {
            title: Some(input.title),
            description: Some(input.description),
            capacity: Some(input.capacity),
            publish_at: Some(input.publish_at),
            opens_at: Some(input.opens_at),
            reg_deadline: Some(input.reg_deadline),
            starts_at: Some(input.starts_at),
            ends_at: Some(input.ends_at),
            location: Some(input.location),
            time_zone: Some(input.time_zone),
            tags: Some(input.tags),
            waitlist_enabled: Some(input.waitlist_enabled),
            status: Some(input.status),
            ..Self::default()
        }
    }
}

impl CompetitionPatch {
    /// Returns what the change of a competition with this status needs.
    #[must_use]
    pub fn permission(&self, status: CompetitionStatus) -> Permission {
        let cancels = self.status == Some(CompetitionStatus::Cancelled);
        match cancels && status != CompetitionStatus::Cancelled {
            true => Permission::CallOff,
            false => Permission::Edit,
        }
    }

    /// Creates a change of the status alone.
    #[must_use]
    pub fn status(status: CompetitionStatus) -> Self {
        Self {
            status: Some(status),
            ..Self::default()
        }
    }

    /// Combines this change with a `later` one, which wins for fields that both change.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            title: later.title.or(self.title),
            description: later.description.or(self.description),
            capacity: later.capacity.or(self.capacity),
            publish_at: later.publish_at.or(self.publish_at),
            opens_at: later.opens_at.or(self.opens_at),
            reg_deadline: later.reg_deadline.or(self.reg_deadline),
            starts_at: later.starts_at.or(self.starts_at),
            ends_at: later.ends_at.or(self.ends_at),
            location: later.location.or(self.location),
            time_zone: later.time_zone.or(self.time_zone),
            tags: later.tags.or(self.tags),
            waitlist_enabled: later.waitlist_enabled.or(self.waitlist_enabled),
            status: later.status.or(self.status),
            code_required: later.code_required.or(self.code_required),
            email_domains: later.email_domains.or(self.email_domains),
            age_min: later.age_min.or(self.age_min),
            age_max: later.age_max.or(self.age_max),
            ages_unchecked: later.ages_unchecked.or(self.ages_unchecked),
            closes_early: self.closes_early || later.closes_early,
        }
    }

    /// Returns the times after this change of the times `now`.
    ///
    /// # Errors
    /// Returns an error for each time that is out of order. A change of no time never fails.
    pub fn times(&self, now: CompetitionTimes) -> Result<CompetitionTimes, FieldErrors> {
        let then = CompetitionTimes {
            opens_at: self.opens_at.unwrap_or(now.opens_at),
            reg_deadline: self.reg_deadline.unwrap_or(now.reg_deadline),
            starts_at: self.starts_at.unwrap_or(now.starts_at),
            ends_at: self.ends_at.unwrap_or(now.ends_at),
        };
        let mut errors = FieldErrors::default();
        if self.touches_times() {
            check_times(&mut errors, then);
        }
        if errors.is_empty() {
            Ok(then)
        } else {
            Err(errors)
        }
    }

    /// Checks every field that changes, and the order of the times after the change; `now` are the
    /// current times of the competition. Returns the values in the form in which they are stored.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self, now: CompetitionTimes) -> Result<Self, FieldErrors> {
        // Fields that do not change are not checked: a valid placeholder stands in for each.
        let begin = DateTime::from_timestamp(1_900_000_000, 0).unwrap_or_default();
        let times = if self.touches_times() {
            now
        } else {
            CompetitionTimes {
                opens_at: None,
                reg_deadline: begin,
                starts_at: begin,
                ends_at: None,
            }
        };
        let checked = CompetitionInput {
            title: self.title.clone().unwrap_or_else(|| "···".to_owned()),
            description: self.description.clone().unwrap_or_default(),
            capacity: self.capacity.unwrap_or(1),
            publish_at: self.publish_at.flatten(),
            opens_at: self.opens_at.unwrap_or(times.opens_at),
            reg_deadline: self.reg_deadline.unwrap_or(times.reg_deadline),
            starts_at: self.starts_at.unwrap_or(times.starts_at),
            ends_at: self.ends_at.unwrap_or(times.ends_at),
            location: self.location.clone().unwrap_or_default(),
            time_zone: self.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
            tags: self.tags.clone().unwrap_or_default(),
            waitlist_enabled: self.waitlist_enabled.unwrap_or_default(),
            status: self.status.unwrap_or(CompetitionStatus::Draft),
        }
        .check()?;
        let mut errors = FieldErrors::default();
        let email_domains = self.email_domains.map(|typed| {
            errors
                .check("emailDomains", domains(&typed))
                .unwrap_or_default()
        });
        let ages = [("ageMin", self.age_min), ("ageMax", self.age_max)];
        check_ages(&mut errors, ages.map(|(field, age)| (field, age.flatten())));
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            title: self.title.map(|_| checked.title),
            description: self.description.map(|_| checked.description),
            capacity: self.capacity.map(|_| checked.capacity),
            publish_at: self.publish_at.map(|_| checked.publish_at),
            opens_at: self.opens_at.map(|_| checked.opens_at),
            reg_deadline: self.reg_deadline.map(|_| checked.reg_deadline),
            starts_at: self.starts_at.map(|_| checked.starts_at),
            ends_at: self.ends_at.map(|_| checked.ends_at),
            location: self.location.map(|_| checked.location),
            time_zone: self.time_zone.map(|_| checked.time_zone),
            tags: self.tags.map(|_| checked.tags),
            waitlist_enabled: self.waitlist_enabled,
            status: self.status,
            code_required: self.code_required,
            email_domains,
            age_min: self.age_min,
            age_max: self.age_max,
            ages_unchecked: self.ages_unchecked,
            closes_early: self.closes_early,
        })
    }

    /// Returns whether this says anew who may register.
    #[must_use]
    pub const fn changes_eligibility(&self) -> bool {
        self.code_required.is_some()
            || self.email_domains.is_some()
            || self.age_min.is_some()
            || self.age_max.is_some()
            || self.ages_unchecked.is_some()
    }

    fn touches_times(&self) -> bool {
        self.opens_at.is_some()
            || self.reg_deadline.is_some()
            || self.starts_at.is_some()
            || self.ends_at.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(json: &str) -> Result<CompetitionPatch, serde_json::Error> {
        serde_json::from_str(json)
    }

    fn times() -> CompetitionTimes {
        CompetitionTimes {
            opens_at: None,
            reg_deadline: "2030-03-01T18:00:00Z".parse().unwrap(),
            starts_at: "2030-03-02T09:00:00Z".parse().unwrap(),
            ends_at: None,
        }
    }

    #[test]
    fn null_clears_times_that_may_be_absent_and_absence_keeps_them() {
        assert_eq!(patch("{\"opensAt\":null}").unwrap().opens_at, Some(None));
        assert_eq!(patch("{\"endsAt\":null}").unwrap().ends_at, Some(None));
        let draft = patch("{\"publishAt\":null}").unwrap();
        assert_eq!(draft.publish_at, Some(None));
        assert_eq!(patch("{}").unwrap().ends_at, None);
    }

    #[test]
    fn null_is_rejected_for_every_other_field() {
        for field in [
            "title", "capacity", "tags", "status", "startsAt", "timeZone",
        ] {
            assert!(patch(&format!("{{\"{field}\":null}}")).is_err(), "{field}");
        }
        assert!(patch("{\"seatsLeft\":1}").is_err());
    }

    #[test]
    fn changed_fields_are_trimmed_and_others_stay_absent() {
        let changed = patch("{\"title\":\" Cup \"}").unwrap().check(times());
        let expected = CompetitionPatch {
            title: Some("Cup".to_owned()),
            ..CompetitionPatch::default()
        };
        assert_eq!(changed.unwrap(), expected);
    }

    #[test]
    fn times_that_stay_are_checked_against_one_that_changes() {
        let early = patch("{\"startsAt\":\"2030-03-01T17:00:00Z\"}").unwrap();
        let errors = early.clone().check(times()).unwrap_err();
        assert!(errors.of("regDeadline").is_some());
        assert_eq!(early.times(times()), Err(errors));
    }

    #[test]
    fn an_opening_is_checked_against_the_deadline_that_stays() {
        let late = patch("{\"opensAt\":\"2030-03-01T18:00:00Z\"}").unwrap();
        assert!(late.check(times()).unwrap_err().of("opensAt").is_some());
        let zone = patch("{\"timeZone\":\"Europe/Atlantis\"}").unwrap();
        assert!(zone.check(times()).unwrap_err().of("timeZone").is_some());
    }

    #[test]
    fn a_competition_that_would_be_invalid_today_can_still_be_cancelled() {
        let disorder = CompetitionTimes {
            opens_at: None,
            reg_deadline: times().starts_at,
            starts_at: times().reg_deadline,
            ends_at: None,
        };
        let cancel = CompetitionPatch::status(CompetitionStatus::Cancelled);
        assert_eq!(cancel.clone().check(disorder), Ok(cancel.clone()));
        assert_eq!(cancel.times(disorder), Ok(disorder));
    }

    #[test]
    fn of_two_changes_the_later_one_wins_field_by_field() {
        let first = patch("{\"title\":\"One\",\"capacity\":3}").unwrap();
        let second = patch("{\"title\":\"Two\",\"location\":\"Hall\"}").unwrap();
        let both = patch("{\"title\":\"Two\",\"capacity\":3,\"location\":\"Hall\"}").unwrap();
        assert_eq!(first.then(second), both);
    }
}
