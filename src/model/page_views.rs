//! What pages show and the REST API does not return.

use chrono::{DateTime, Utc};

use super::{CompetitionView, RegistrationView};

/// A registration of the account itself, with its competition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRegistrationView {
    pub registration: RegistrationView,
    pub competition: CompetitionView,
}

/// The number of hours over which [`RecentCountsView`] counts.
pub const RECENT_HOURS: usize = 24;

/// What has happened to the registrations of an organizer in the last 24 hours, and in the 24 hours before. The newest
/// hour ends with the quarter of an hour that has begun, since registrations are counted by quarters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecentCountsView {
    /// The registrations of each hour, the oldest first. Those that were cancelled later count too.
    pub by_hour: [u64; RECENT_HOURS],
    /// The registrations in the 24 hours before.
    pub day_before: u64,
    /// By how much the number of seats taken has grown.
    pub seats_taken: i64,
    /// By how much the number of registrations on waitlists has grown.
    pub waitlisted: i64,
}

impl RecentCountsView {
    /// Returns the number of registrations in the last 24 hours.
    #[must_use]
    pub fn registered(&self) -> u64 {
        self.by_hour.iter().sum()
    }
}

/// The totals of an organizer's competitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizerTotalsView {
    /// What has happened in the last two days, in published competitions that had not started before.
    pub recent: RecentCountsView,
    /// Seats taken in all published competitions that have not started.
    pub seats_taken: u64,
    /// The total capacity of these competitions.
    pub capacity: u64,
    /// Registrations on the waitlists of these competitions.
    pub waitlisted: u64,
    /// The earliest registration deadline of these competitions that has not passed.
    pub next_deadline: Option<DateTime<Utc>>,
}
