//! What changes about a competition while its page is open.

use serde::{Deserialize, Serialize};

use super::Phase;

/// The seat counts of a competition, as the event stream sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SeatsView {
    /// The number of seats that are still free.
    pub seats_left: u32,
    /// The number of seats.
    pub capacity: u32,
    /// The number of registrations on the waitlist.
    pub waitlisted: u32,
}

/// The state of a competition that changes while a page is open, as the event stream sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LiveView {
    /// The number of seats that are still free.
    pub seats_left: u32,
    /// The number of seats.
    pub capacity: u32,
    /// The number of registrations on the waitlist.
    pub waitlisted: u32,
    /// What the state means to a visitor.
    pub phase: Phase,
    /// A number that grows with each edit by an organizer. After an edit, the rest of the competition has
    /// to be read again.
    pub revision: i64,
    /// A number that grows with each change of the stages and standings. After such a change, the standings have
    /// to be read again.
    pub results_revision: i32,
}

impl LiveView {
    /// Returns the seat counts.
    #[must_use]
    pub const fn seats(self) -> SeatsView {
        SeatsView {
            seats_left: self.seats_left,
            capacity: self.capacity,
            waitlisted: self.waitlisted,
        }
    }
}

impl SeatsView {
    /// Returns whether seats are free, but at most a tenth of them (one free seat is always few).
    #[must_use]
    pub fn few_left(self) -> bool {
        self.seats_left > 0 && self.seats_left <= (self.capacity / 10).max(1)
    }

    /// Returns how many percent of the seats are taken, from 0 to 100.
    #[must_use]
    pub fn percent_taken(self) -> u32 {
        if self.capacity == 0 {
            return 100;
        }
        let taken = u64::from(self.capacity.saturating_sub(self.seats_left));
        u32::try_from(taken * 100 / u64::from(self.capacity)).unwrap_or(100)
    }
}
