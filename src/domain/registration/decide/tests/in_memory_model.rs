//! The tables as an in-memory model: it returns what a transaction would read, writes plans, and checks the
//! seat invariant after each batch.

mod codes;
mod commands;
mod truth;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use uuid::Uuid;

use super::super::*;
use crate::{
    domain::{
        Actor,
        registration::{
            command::{CheckedAnswers, PauseChange, Revision},
            competition_state::{CodeCounters, DivisionState},
            organizer_commands::{
                Addition, BulkAct, DivisionAction, DivisionChange, FormerRegistration, RemovalUndo,
            },
        },
    },
    model::{
        Answers, BulkAction, BulkOutcome, CodeKind, CompetitionId, CompetitionStatus, DivisionId,
        Eligibility, PhaseRules, RegistrationStatus, Role,
        forms::{CompetitionInput, DivisionInput, DivisionPatch},
    },
};

/// An action of a participant or the organizer, small enough for proptest to generate and to shrink.
#[derive(Debug, Clone)]
pub(super) enum Action {
    Register {
        user: u8,
        key: u8,
        elsewhere: bool,
    },
    /// Cancels the registration with this number in the order of insertion, modulo their number.
    Cancel {
        which: u8,
        by_owner: bool,
    },
    /// Adds a participant for the organizer.
    Add {
        user: u8,
        by_owner: bool,
    },
    /// Cancels, promotes or notifies the registrations with these numbers.
    Act {
        action: BulkAction,
        which: Vec<u8>,
        by_owner: bool,
    },
    /// Undoes the removal of those of the registrations with these numbers that are cancelled.
    Undo {
        which: Vec<u8>,
        by_owner: bool,
    },
    Revise {
        capacity: u8,
        waitlist: bool,
        status: CompetitionStatus,
        starts_in: i8,
        opens_in: Option<i8>,
        by_owner: bool,
    },
    SetPaused {
        paused: bool,
        by_owner: bool,
    },
    /// Adds a division with this capacity.
    AddDivision {
        capacity: Option<u8>,
        by_owner: bool,
    },
    /// Gives this capacity to a division.
    EditDivision {
        which: u8,
        capacity: Option<u8>,
        by_owner: bool,
    },
    RemoveDivision {
        which: u8,
        by_owner: bool,
    },
    /// Adds a code, for one of the divisions or for none.
    AddCode {
        reserved: bool,
        uses: u8,
        hours: Option<u8>,
        division: Option<u8>,
        by_owner: bool,
    },
    EditCode {
        which: u8,
        uses: u8,
        hours: Option<u8>,
        by_owner: bool,
    },
    RemoveCode {
        which: u8,
        by_owner: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    user: UserId,
    status: RegistrationStatus,
    waitlist_seq: Option<i64>,
    division: Option<DivisionId>,
    code: Option<CodeId>,
}

/// The rows of one competition.
#[derive(Debug, Clone)]
pub(super) struct InMemoryModel {
    pub(super) now: DateTime<Utc>,
    pub(super) state: CompetitionState,
    pub(super) rows: BTreeMap<RegistrationId, Row>,
    /// The rows of its divisions.
    pub(super) divisions: Vec<DivisionState>,
    /// The rows of its codes, those that were deleted included.
    pub(super) codes: Vec<CodeState>,
    made: Vec<RegistrationId>,
    pub(super) outcomes: HashMap<(UserId, IdempotencyKey), Arc<StoredOutcome>>,
    /// The number of waitlisted registrations that one transaction reads.
    pub(super) max_promotions: usize,
    /// The number of seats that are taken, by the counts of all plans.
    counted_seats: i32,
    /// The number of registrations on the waitlist, by the counts of all plans.
    counted_waitlist: i32,
    /// Whether the last plan said that another transaction has to go on.
    pub(super) unfinished: bool,
    /// Registrations that an organizer promoted out of turn, or that had a seat when somebody came back to a place on the
    /// waitlist which may be before theirs.
    exceptions: HashSet<RegistrationId>,
}

pub(super) const KEEP: TimeDelta = TimeDelta::hours(24);
const OWNER: UserId = UserId(Uuid::from_u128(99));

fn user_id(number: u8) -> UserId {
    UserId(Uuid::from_u128(u128::from(number) + 1))
}

impl InMemoryModel {
    pub(super) fn new(capacity: i32, waitlist_enabled: bool) -> Self {
        let now = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        Self {
            now,
            state: CompetitionState {
                id: CompetitionId(Uuid::from_u128(7)),
                organizer: OWNER,
                capacity,
                seats_left: capacity,
                waitlisted: 0,
                waitlist_seq: 0,
                version: 0,
                edited_at_version: 0,
                rules: PhaseRules {
                    status: CompetitionStatus::Published,
                    waitlist_enabled,
                    opens_at: None,
                    paused: false,
                    reg_deadline: now + TimeDelta::hours(100),
                    starts_at: now + TimeDelta::hours(100),
                    ends_at: None,
                },
                location: String::new(),
                schedule_revision: 0,
                has_divisions: false,
                questions_revision: 0,
                codes: CodeCounters::default(),
                eligibility: Eligibility::default(),
                time_zone: "UTC".to_owned(),
                divisions: Vec::new(),
            },
            rows: BTreeMap::new(),
            divisions: Vec::new(),
            codes: Vec::new(),
            made: Vec::new(),
            outcomes: HashMap::new(),
            max_promotions: usize::MAX,
            counted_seats: 0,
            counted_waitlist: 0,
            unfinished: false,
            exceptions: HashSet::new(),
        }
    }

    /// Returns the same competition with a division for each of these capacities.
    pub(super) fn with_divisions(mut self, capacities: &[Option<u8>]) -> Self {
        for capacity in capacities {
            let (capacity, by_owner) = (*capacity, true);
            let add = self.command(&Action::AddDivision { capacity, by_owner });
            assert_eq!(self.execute(&[add]), [Reply::Done(Ok(()))]);
        }
        self
    }

    /// Returns a division of the competition, if it has any.
    pub(super) fn division(&self, which: u8) -> Option<DivisionId> {
        let at = usize::from(which) % self.divisions.len().max(1);
        self.divisions.get(at).map(|division| division.id)
    }

    /// Returns what a transaction would read, and no more of the waitlist.
    fn snapshot(&self, commands: &[Command]) -> Snapshot {
        let state = CompetitionState {
            divisions: self.divisions.clone(),
            ..self.state.clone()
        };
        let (codes, next_expiry, released) = self.codes_read(commands);
        let heads = waitlist_heads(&state, commands, released, self.max_promotions);
        let heads = heads.into_iter().map(|head| {
            let line = self.line(head.division).into_iter();
            (head, line.take(head.count).collect())
        });
        let mut snapshot = Snapshot {
            waitlist: Waitlist::new(&state, heads.collect(), self.max_promotions),
            state: Some(state),
            codes,
            next_expiry,
            ..Snapshot::default()
        };
        for command in commands {
            match command {
                Command::Register { user, key, .. } => {
                    snapshot.users.insert(*user);
                    let asked = (*user, key.clone());
                    let stored = self.outcomes.get(&asked);
                    if let Some(stored) = stored.filter(|stored| self.now < stored.expires_at) {
                        snapshot.outcomes.insert(asked, Arc::clone(stored));
                    }
                    let live = self.live().filter(|(_, row)| row.user == *user);
                    snapshot.live.extend(live.map(as_live));
                }
                Command::Add(addition) => {
                    snapshot.users.insert(addition.user);
                    let live = self.live().filter(|(_, row)| row.user == addition.user);
                    snapshot.live.extend(live.map(as_live));
                }
                Command::Undo(undo) => {
                    for former in &undo.people {
                        snapshot.users.insert(former.user);
                        let live = self.live().filter(|(_, row)| row.user == former.user);
                        snapshot.live.extend(live.map(as_live));
                    }
                }
                Command::Act(act) => act.ids.iter().for_each(|id| self.add(&mut snapshot, id)),
                Command::Cancel { registration, .. } => self.add(&mut snapshot, registration),
                Command::Revise(_)
                | Command::SetPaused(_)
                | Command::ChangeDivision(_)
                | Command::ChangeCodes(_)
                | Command::PromoteWaitlist
                | Command::Withdrawn => {}
            }
        }
        snapshot
    }

    /// Adds a registration that a command refers to by its id.
    fn add(&self, snapshot: &mut Snapshot, registration: &RegistrationId) {
        match self.rows.get(registration) {
            Some(row) if row.status.is_live() => {
                snapshot.live.push(as_live((registration, row)));
            }
            Some(row) => {
                snapshot.cancelled.insert(*registration, row.user);
            }
            None => {}
        }
    }

    fn live(&self) -> impl Iterator<Item = (&RegistrationId, &Row)> {
        self.rows.iter().filter(|(_, row)| row.status.is_live())
    }

    /// Returns the waitlist from its head.
    pub(super) fn waitlist(&self) -> Vec<WaitingRegistration> {
        let rows = self.rows.iter();
        let waiting = rows.filter(|(_, row)| row.status == RegistrationStatus::Waitlisted);
        let mut waiting: Vec<_> = waiting
            .map(|(id, row)| WaitingRegistration {
                seq: row.waitlist_seq.unwrap(),
                id: *id,
                user: row.user,
                division: row.division,
            })
            .collect();
        waiting.sort_by_key(|one| one.seq);
        waiting
    }

    /// Returns the waitlist of a division from its head.
    fn line(&self, division: Option<DivisionId>) -> Vec<WaitingRegistration> {
        let mut waiting = self.waitlist();
        waiting.retain(|one| one.division == division);
        waiting
    }

    /// Writes the divisions of a plan.
    fn write_divisions(&mut self, changes: &DivisionChanges) {
        for added in &changes.added {
            let is_new = self.divisions.iter().all(|other| other.id != added.id);
            assert!(is_new, "a division is inserted twice");
            self.divisions.push(added.clone());
        }
        for changed in changes.edited.iter().chain(&changes.counted) {
            let mut rows = self.divisions.iter_mut();
            *rows.find(|row| row.id == changed.id).unwrap() = changed.clone();
        }
        for removed in &changes.removed {
            let of_it = |row: &Row| row.status.is_live() && row.division == Some(removed.id);
            assert!(!self.rows.values().any(of_it), "a division was in use");
            self.divisions.retain(|row| row.id != removed.id);
        }
        self.divisions.sort_by_key(|row| (row.position, row.id));
    }

    /// Executes commands in one transaction.
    pub(super) fn execute(&mut self, commands: &[Command]) -> Vec<Reply> {
        let mut next = u128::try_from(self.made.len()).unwrap() + 1_000;
        let context = DecisionContext {
            now: self.now,
            expires_at: self.now + KEEP,
            confirms_addresses: true,
            encode: test_codec().encode,
        };
        let new_id = || {
            next += 1;
            RegistrationId(Uuid::from_u128(next))
        };
        let plan = decide(self.snapshot(commands), commands, &context, new_id).unwrap();
        assert_eq!(plan.replies.len(), commands.len());
        assert_eq!(
            plan.state.is_some(),
            plan.changes_registrations()
                || plan.revision.is_some()
                || plan.changes_pause
                || plan.changes_divisions
                || plan.counts_codes,
            "the row is written exactly when something changed"
        );
        // In the order of `write_plans`, as a unique index would require.
        let (new, old): (Vec<_>, Vec<_>) = plan
            .promote
            .iter()
            .partition(|id| plan.insert.iter().any(|row| row.id == **id));
        for command in commands {
            if let Command::Act(act) = command
                && act.action == BulkAction::Promote
            {
                self.exceptions.extend(&act.ids);
            }
        }
        self.set(&old, RegistrationStatus::Pending);
        let cancel: Vec<_> = plan.cancel.iter().collect();
        self.set(&cancel, RegistrationStatus::Cancelled);
        self.unfinished = plan.unfinished;
        for new in &plan.insert {
            let (id, user) = (new.id, new.user);
            let twice = self.live().any(|(_, row)| row.user == user);
            assert!(
                !twice,
                "one live registration a participant, at every moment"
            );
            self.made.push(id);
            let row = Row {
                user,
                status: new.status,
                waitlist_seq: new.waitlist_seq,
                division: new.division,
                code: new.code,
            };
            assert_eq!(self.rows.insert(id, row), None);
        }
        self.set(&new, RegistrationStatus::Pending);
        let mut new = plan.insert.iter();
        if new.any(|new| new.former.is_some() && !new.status.holds_seat()) {
            let seated = self.rows.iter().filter(|(_, row)| row.status.holds_seat());
            self.exceptions.extend(seated.map(|(id, _)| *id));
        }
        for (user, key, stored) in &plan.outcomes {
            self.outcomes
                .insert((*user, key.clone()), Arc::clone(stored));
        }
        let counters = self.state.codes;
        if let Some(state) = plan.state {
            assert_eq!(plan.expected_version, self.state.version);
            assert!(state.version > self.state.version, "the version grows");
            let edited =
                plan.revision.is_some() || plan.changes_divisions || plan.begins_or_ends_codes;
            assert_eq!(
                state.edited_at_version > self.state.edited_at_version,
                edited,
                "only edits raise edited_at_version"
            );
            assert!(state.edited_at_version <= state.version);
            self.state = state;
        }
        self.write_divisions(&plan.divisions);
        self.write_codes(&plan.codes, plan.counts_codes, counters);
        assert_eq!(
            self.state.divisions, self.divisions,
            "every change of a division is written"
        );
        assert_eq!(self.state.has_divisions, !self.divisions.is_empty());
        assert_eq!(
            plan.notifications.len(),
            plan.insert.len() + plan.promote.len() + plan.cancel.len(),
            "each change is notified once"
        );
        let RegistrationCounts {
            registered,
            waitlisted,
            promoted,
            cancelled,
            left_waitlist,
        } = plan.counts;
        self.counted_seats += registered + promoted - cancelled;
        self.counted_waitlist += waitlisted - promoted - left_waitlist;
        let taken = self.state.capacity - self.state.seats_left;
        assert_eq!(
            (self.counted_seats, self.counted_waitlist),
            (taken, self.state.waitlisted),
            "the counts add up to the seats"
        );
        self.assert_seat_invariant();
        // A seat that was set aside for a code is none of the waitlist's.
        let is_set_aside = |id: CodeId| {
            let code = self.codes.iter().find(|code| code.id == id);
            code.is_some_and(|code| code.kind == CodeKind::Reserved)
        };
        let mut seated = plan
            .insert
            .iter()
            .filter(|row| row.status.holds_seat() && !row.code.is_some_and(is_set_aside));
        if commands.len() == 1 && seated.next().is_some() {
            // Of several who come back at once, the last ones wait where the first ones have taken the last seats.
            let new_waiting = plan.insert.iter().filter(|row| !row.status.holds_seat());
            let new_waiting = i32::try_from(new_waiting.count()).unwrap();
            let spare = self.state.open_seats() >= self.state.promotable() - new_waiting;
            assert!(spare, "a new registration took a seat of the waitlist");
        }
        plan.replies
    }

    fn set(&mut self, ids: &[&RegistrationId], status: RegistrationStatus) {
        for id in ids {
            self.rows.get_mut(id).unwrap().status = status;
        }
    }
}

fn as_live((id, row): (&RegistrationId, &Row)) -> LiveRegistration {
    LiveRegistration {
        id: *id,
        user: row.user,
        status: row.status,
        division: row.division,
        code: row.code,
    }
}
