//! Figures for organizers (signatures first; bodies follow).
use super::{Actor, Result};
use chrono::{DateTime, Utc};
/// Figures.
#[derive(Debug, Clone)]
pub struct Reports {}
/// What an organizer wants to know at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Registrations since midnight UTC.
    pub registrations_today: u64,
    /// Seats taken, over all published competitions.
    pub seats_taken: u64,
    /// Seats in all, over all published competitions.
    pub capacity: u64,
    /// People queuing.
    pub waitlisted: u64,
    /// The next deadline ahead.
    pub next_deadline: Option<DateTime<Utc>>,
}
impl Reports {
    /// The tiles.
    pub async fn overview(&self, _actor: Actor) -> Result<Overview> {
        todo!()
    }
}
