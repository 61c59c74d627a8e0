//! What pages show and the REST API does not return.

use chrono::{DateTime, Utc};

use super::{CompetitionView, RegistrationView};

/// A registration of the account itself, with its competition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRegistrationView {
    pub registration: RegistrationView,
    pub competition: CompetitionView,
}

/// The totals of an organizer's competitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizerTotalsView {
    /// Registrations of the last 24 hours that were not cancelled, in published competitions that had not
    /// started before; at most 100,000.
    pub recent_registrations: u64,
    /// Whether there are more than 100,000 of them.
    pub recent_registrations_and_more: bool,
    /// Seats taken in all published competitions that have not started.
    pub seats_taken: u64,
    /// The total capacity of these competitions.
    pub capacity: u64,
    /// Registrations on the waitlists of these competitions.
    pub waitlisted: u64,
    /// The earliest registration deadline of these competitions that has not passed.
    pub next_deadline: Option<DateTime<Utc>>,
}
