//! When and where a competition takes place.

use chrono::{DateTime, Utc};

/// When and where a competition takes place: what its participants have to know in order to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The start.
    pub starts_at: DateTime<Utc>,
    /// The end, if it is known.
    pub ends_at: Option<DateTime<Utc>>,
    /// The place; may be empty.
    pub location: String,
}

impl Schedule {
    /// Returns whether it is over at `now`.
    #[must_use]
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.ends_at.unwrap_or(self.starts_at) <= now
    }
}
