//! Everything that a decision reads.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};

use super::waitlist::{Waitlist, WaitlistHead};
use crate::{
    domain::registration::{
        code_state::{Address, CodeState},
        command::Command,
        competition_state::{CompetitionState, DivisionState},
        organizer_commands::DivisionAction,
        outcome::StoredOutcome,
    },
    model::{
        BulkAction, CodeId, DivisionId, IdempotencyKey, RegistrationId, RegistrationStatus,
        StaffRole, UserId,
    },
};

/// A registration that is not cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveRegistration {
    pub id: RegistrationId,
    /// The participant who holds it.
    pub user: UserId,
    /// `PENDING`, `CONFIRMED` or `WAITLISTED`.
    pub status: RegistrationStatus,
    /// The division, if the competition has any.
    pub division: Option<DivisionId>,
    /// The code with which the participant has registered, if any.
    pub code: Option<CodeId>,
}

/// Everything that [`decide`](super::decide) reads.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The competition with its divisions; `None` if there is none.
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
    /// The codes that the commands name or give back, and those that have expired with seats that are set aside.
    pub codes: Vec<CodeState>,
    /// When the next code expires whose seats come back, if that was read.
    pub next_expiry: Option<Option<DateTime<Utc>>>,
    /// The addresses of the accounts that register, where a rule is about them.
    pub addresses: HashMap<UserId, Address>,
    /// The waitlist, as far as [`waitlist_heads`] says.
    pub waitlist: Waitlist,
}

/// The number of registrations that one transaction promotes. Each is a row to update and a job to write:
/// with more the transaction would take long, and SQLite takes at most 32,766 values in a statement.
pub const MAX_PROMOTIONS: usize = 1_000;

/// Returns which heads of the waitlist have to be read to decide `commands`, `most` registrations in each at most. More
/// seats than that can't become free, or the next transaction gives them out. `released` seats that are set aside may come
/// back.
#[must_use]
pub fn waitlist_heads(
    state: &CompetitionState,
    commands: &[Command],
    released: i32,
    most: usize,
) -> Vec<WaitlistHead> {
    let cancelled: i64 = commands.iter().map(cancellations).sum();
    // An edit that lowers a capacity may be refused: it must not count against the others.
    let raised = commands.iter().map(|command| match command {
        Command::Revise(revision) => raise(revision.patch.capacity, state.capacity),
        _ => 0,
    });
    let free = raised.fold(
        cancelled.saturating_add((state.open_seats() + released).into()),
        i64::saturating_add,
    );
    let head = |division, free: i64, waiting: i32| {
        let count = usize::try_from(free.clamp(0, waiting.into())).unwrap_or(0);
        let count = count.min(most);
        (count > 0).then_some(WaitlistHead { division, count })
    };
    if state.divisions.is_empty() {
        return head(None, free, state.waitlisted).into_iter().collect();
    }
    let heads = state.divisions.iter().filter_map(|division| {
        let of_division = free_in(division, commands)
            .saturating_add(cancelled)
            .saturating_add(released.into());
        head(
            Some(division.id),
            free.min(of_division),
            division.waitlisted,
        )
    });
    heads.collect()
}

/// Returns how many registrations a command can cancel.
fn cancellations(command: &Command) -> i64 {
    match command {
        Command::Cancel { .. } => 1,
        Command::Act(act) if act.action == BulkAction::Cancel => {
            i64::try_from(act.ids.len()).unwrap_or(i64::MAX)
        }
        Command::Register { .. }
        | Command::SetPaused(_)
        | Command::Add(_)
        | Command::Act(_)
        | Command::Undo(_)
        | Command::Revise(_)
        | Command::ChangeDivision(_)
        | Command::ChangeCodes(_)
        | Command::PromoteWaitlist
        | Command::Withdrawn => 0,
    }
}

/// Returns by how much a capacity grows.
fn raise(to: Option<i64>, from: i32) -> i64 {
    // The patch of a division is checked by the decision, so its number may be any.
    to.map_or(0, |to| to.saturating_sub(from.into()).max(0))
}

/// Returns how many seats of a division are free after the edits of `commands`.
fn free_in(division: &DivisionState, commands: &[Command]) -> i64 {
    let (Some(capacity), Some(open)) = (division.capacity, division.open_seats()) else {
        return i64::MAX;
    };
    let raised = commands.iter().map(|command| match command {
        Command::ChangeDivision(change) => match &change.action {
            DivisionAction::Edit(id, patch) if *id == division.id => match patch.capacity {
                Some(None) => i64::MAX,
                to => raise(to.flatten(), capacity),
            },
            _ => 0,
        },
        _ => 0,
    });
    raised.fold(open.into(), i64::saturating_add)
}
