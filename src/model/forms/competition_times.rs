//! The times of a competition and the rules about them.

use chrono::{DateTime, Utc};

use super::{errors::FieldErrors, field_problem::FieldProblem};
use crate::model::CompetitionStatus;

/// The times of a competition, which are checked together since their order matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompetitionTimes {
    /// The time at which registration opens, if it does not open when the competition is published.
    pub opens_at: Option<DateTime<Utc>>,
    /// The time at which registration closes.
    pub reg_deadline: DateTime<Utc>,
    /// When the competition starts.
    pub starts_at: DateTime<Utc>,
    /// When the competition ends, if that is known.
    pub ends_at: Option<DateTime<Utc>>,
}

/// Checks the times of a competition: their order, and that their years are plausible.
pub(super) fn check_times(errors: &mut FieldErrors, times: CompetitionTimes) {
    if times
        .opens_at
        .is_some_and(|opening| opening >= times.reg_deadline)
    {
        errors.add("opensAt", FieldProblem::OpensAfterClosing);
    }
    if times.reg_deadline > times.starts_at {
        errors.add("regDeadline", FieldProblem::ClosesAfterStart);
    }
    if times.ends_at.is_some_and(|end| end < times.starts_at) {
        errors.add("endsAt", FieldProblem::EndsBeforeStart);
    }
    for (field, time) in [
        ("opensAt", times.opens_at),
        ("regDeadline", Some(times.reg_deadline)),
        ("startsAt", Some(times.starts_at)),
        ("endsAt", times.ends_at),
    ] {
        if time.is_some_and(|t| !is_plausible(t)) {
            errors.add(field, FieldProblem::ImplausibleYear);
        }
    }
}

/// Checks the time of a publication against the status and the deadline that the competition will have. A time that
/// was stored before may have come meanwhile.
///
/// # Errors
/// Returns an error of the field `publishAt`.
pub fn check_publication(
    publish_at: Option<DateTime<Utc>>,
    stored: Option<DateTime<Utc>>,
    status: CompetitionStatus,
    reg_deadline: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), FieldErrors> {
    let Some(time) = publish_at else {
        return Ok(());
    };
    let problem = if status != CompetitionStatus::Draft {
        FieldProblem::NoDraftToPublish
    } else if time >= reg_deadline {
        FieldProblem::PublishesAfterClosing
    } else if time <= now && publish_at != stored {
        FieldProblem::PastTime
    } else {
        return Ok(());
    };
    Err(FieldErrors::one("publishAt", problem))
}

/// Returns whether a year is plausible. Beyond these years a date is a typing error, and PostgreSQL,
/// SQLite and JavaScript differ in what they can represent.
pub(super) fn is_plausible(time: DateTime<Utc>) -> bool {
    use chrono::Datelike;
    (2000..2200).contains(&time.year())
}
