//! When and where a competition takes place.

use chrono::{DateTime, Utc};

/// When and where a competition takes place. Participants get a message when it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub starts_at: DateTime<Utc>,
    /// The end of the competition, if it is known.
    pub ends_at: Option<DateTime<Utc>>,
    /// The venue; may be empty.
    pub location: String,
}

impl Schedule {
    /// Returns whether participants have to know that this schedule is replaced by `other`. A competition that has
    /// ended by both can't be missed any more.
    #[must_use]
    pub fn is_moved_to(&self, other: &Self, now: DateTime<Utc>) -> bool {
        self != other && !(self.is_over(now) && other.is_over(now))
    }

    /// Returns whether the competition has ended at `now`.
    #[must_use]
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.ends_at.unwrap_or(self.starts_at) <= now
    }
}
