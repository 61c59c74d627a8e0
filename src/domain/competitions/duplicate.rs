//! Copies of competitions: drafts with the same content, ahead of now.

use chrono::{DateTime, TimeDelta, Utc};

use super::{CompetitionParts, Competitions};
use crate::{
    domain::{Actor, Result, questions::questions_of},
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, Eligibility, Language, Permission,
        StaffRole,
        forms::{CompetitionInput, DivisionInput, QuestionInput, field_limits},
        time_zone,
    },
    text::{catalogue, template::without_isolation},
};

impl Competitions {
    /// Creates a draft with the content, the divisions and the questions of a competition. An owner and an administrator own the copy; the copy of an
    /// editor has the same owner as the original, and the editor is an editor of it, too. If registration for it
    /// would be closed already, all times move by the same number of weeks, so that the days of the week and the times
    /// on clocks at the venue stay.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound) if there is no such competition, and
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) if `actor` may not edit it, or its owner is no
    /// organizer any more.
    pub async fn duplicate(&self, actor: Actor, id: CompetitionId) -> Result<CompetitionView> {
        let (original, role) = self.get_for(actor, id, Permission::Edit).await?;
        let now = self.clock.now();
        let input = copy(&original, actor.language, now);
        let asked = match original.questions_revision {
            0 => Vec::new(),
            _ => questions_of(self.database.read(), id).await?,
        };
        let asked = asked.iter().filter(|question| !question.archived);
        let parts = CompetitionParts {
            divisions: divisions(&original, now),
            questions: asked.map(QuestionInput::from).collect(),
            eligibility: eligibility(&original),
        };
        match role {
            StaffRole::Owner => self.create_with(actor, input, parts).await,
            _ => {
                let owner = original.organizer_id;
                self.create_for(owner, actor, input, parts).await
            }
        }
    }
}

fn copy(original: &CompetitionView, language: Language, now: DateTime<Utc>) -> CompetitionInput {
    let input = CompetitionInput::from(original);
    let title = catalogue(language).organize.copy_title(&original.title);
    let weeks = weeks_until(input.reg_deadline, now);
    let later = |time: DateTime<Utc>| weeks_later(time, weeks, &original.time_zone);
    CompetitionInput {
        title: without_isolation(&title)
            .chars()
            .take(field_limits::TITLE.1)
            .collect(),
        publish_at: None,
        opens_at: input.opens_at.map(later),
        reg_deadline: later(input.reg_deadline),
        starts_at: later(input.starts_at),
        ends_at: input.ends_at.map(later),
        status: CompetitionStatus::Draft,
        ..input
    }
}

/// Returns who may register for the copy: as for the original, whose codes are not copied.
fn eligibility(original: &CompetitionView) -> Eligibility {
    let age = |age: Option<u32>| age.and_then(|age| i32::try_from(age).ok());
    Eligibility {
        code_required: original.code_required,
        email_domains: original.email_domains.clone(),
        age_min: age(original.age_min),
        age_max: age(original.age_max),
        ages_unchecked: original.ages_unchecked,
    }
}

/// Returns the divisions of the copy. Their times move with those of the competition.
fn divisions(original: &CompetitionView, now: DateTime<Utc>) -> Vec<DivisionInput> {
    let weeks = weeks_until(original.reg_deadline, now);
    let later = |time: DateTime<Utc>| weeks_later(time, weeks, &original.time_zone);
    let copies = original.divisions.iter().map(|division| DivisionInput {
        starts_at: division.starts_at.map(later),
        ..DivisionInput::from(division)
    });
    copies.collect()
}

/// Returns the number of weeks after which `time` lies at least a day after `now`; zero if it is after now.
fn weeks_until(time: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    if time > now {
        return 0;
    }
    (now + TimeDelta::days(1) - time).num_days() / 7 + 1
}

/// Returns the time so many weeks later at which clocks in the zone show the same.
fn weeks_later(time: DateTime<Utc>, weeks: i64, zone: &str) -> DateTime<Utc> {
    if weeks == 0 {
        return time;
    }
    let zone = time_zone::parse_or_utc(zone);
    let local = time.with_timezone(&zone).naive_local() + TimeDelta::weeks(weeks);
    // Where clocks skip that time, the length of the weeks decides.
    time_zone::moment(zone, local).unwrap_or(time + TimeDelta::weeks(weeks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_copy_of_a_past_competition_keeps_weekday_and_clock_time_across_a_change_of_clocks() {
        let start = utc("2030-03-23T09:00:00Z");
        let later = weeks_later(start, 2, "Europe/Copenhagen");
        assert_eq!(later, utc("2030-04-06T08:00:00Z"), "10:00 at the venue");
    }

    #[test]
    fn times_move_only_if_registration_is_closed_and_then_beyond_today() {
        let now = utc("2030-03-23T09:00:00Z");
        assert_eq!(weeks_until(utc("2030-03-23T09:00:01Z"), now), 0);
        for (deadline, weeks) in [
            ("2030-03-23T09:00:00Z", 1),
            ("2030-03-17T08:00:00Z", 2),
            ("2029-03-23T09:00:00Z", 53),
        ] {
            let deadline = utc(deadline);
            assert_eq!(weeks_until(deadline, now), weeks, "{deadline}");
            assert!(deadline + TimeDelta::weeks(weeks) > now + TimeDelta::days(1));
        }
    }

    #[test]
    fn the_title_of_a_copy_is_as_long_as_a_title_may_be() {
        let original = CompetitionView {
            title: "x".repeat(field_limits::TITLE.1),
            ..CompetitionView::sample()
        };
        let copy = copy(&original, Language::English, utc("2000-01-01T00:00:00Z"));
        assert_eq!(copy.title.chars().count(), field_limits::TITLE.1);
        assert!(copy.title.starts_with("Copy of xxx"));
        assert_eq!(copy.status, CompetitionStatus::Draft);
    }
}
