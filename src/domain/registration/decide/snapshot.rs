//! Everything that a decision reads.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use crate::{
    domain::registration::{
        command::Command, competition_state::CompetitionState, outcome::StoredOutcome,
    },
    model::{BulkAction, IdempotencyKey, RegistrationId, RegistrationStatus, StaffRole, UserId},
};

/// A registration that is not cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveRegistration {
    pub id: RegistrationId,
    /// The participant who holds it.
    pub user: UserId,
    /// `PENDING`, `CONFIRMED` or `WAITLISTED`.
    pub status: RegistrationStatus,
}

/// Everything that [`decide`](super::decide) reads.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The competition; `None` if there is none.
    pub state: Option<CompetitionState>,
    /// Those of the accounts that register which exist.
    pub users: HashSet<UserId>,
    /// The roles of the accounts that act for the organizer without being it. An owner and an administrator need none.
    pub staff: HashMap<UserId, StaffRole>,
    /// The live registrations of the accounts that register, and those that are to be cancelled.
    pub live: Vec<LiveRegistration>,
    /// Registrations that are to be cancelled and are cancelled already, with their owners.
    pub cancelled: HashMap<RegistrationId, UserId>,
    /// The outcomes that are stored under the batch's idempotency keys.
    pub outcomes: HashMap<(UserId, IdempotencyKey), Arc<StoredOutcome>>,
    /// The head of the waitlist in its order, with owners: as many as [`waitlist_heads`] returns, or
    /// all of it.
    pub waitlist: VecDeque<(RegistrationId, UserId)>,
}

/// The number of registrations that one transaction promotes. Each is a row to update and a job to write:
/// with more the transaction would take long, and SQLite takes at most 32,766 values in a statement.
pub const MAX_PROMOTIONS: usize = 1_000;

/// Returns how many heads of the waitlist have to be read to decide `commands`, `most` at most. More
/// seats than that can't become free, or the next transaction gives them out.
#[must_use]
pub fn waitlist_heads(state: &CompetitionState, commands: &[Command], most: usize) -> usize {
    let freed: i64 = commands
        .iter()
        .map(|command| match command {
            Command::Register { .. }
            | Command::SetPaused(_)
            | Command::Add(_)
            | Command::PromoteWaitlist
            | Command::Withdrawn => 0,
            Command::Cancel { .. } => 1,
            Command::Act(act) if act.action == BulkAction::Cancel => {
                i64::try_from(act.ids.len()).unwrap_or(i64::MAX)
            }
            Command::Act(_) => 0,
            // An edit that lowers the capacity may be refused: it must not count against the others.
            Command::Revise(revision) => revision
                .patch
                .capacity
                .map_or(0, |capacity| (capacity - i64::from(state.capacity)).max(0)),
        })
        .fold(i64::from(state.seats_left), i64::saturating_add);
    let heads = usize::try_from(freed.clamp(0, state.waitlisted.into()));
    heads.unwrap_or(0).min(most)
}
