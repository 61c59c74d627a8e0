//! The tables as an in-memory model: it returns what a transaction would read, writes plans, and checks the
//! seat invariant after each batch.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use uuid::Uuid;

use super::super::*;
use crate::{
    domain::{
        Actor,
        registration::organizer_commands::{Addition, BulkAct},
    },
    model::{BulkAction, BulkOutcome, CompetitionId, PhaseRules, Role, forms::CompetitionInput},
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
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    user: UserId,
    status: RegistrationStatus,
    waitlist_seq: Option<i64>,
}

/// The rows of one competition.
#[derive(Debug, Clone)]
pub(super) struct InMemoryModel {
    pub(super) now: DateTime<Utc>,
    pub(super) state: CompetitionState,
    pub(super) rows: BTreeMap<RegistrationId, Row>,
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
    /// Registrations that an organizer promoted out of turn.
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
            },
            rows: BTreeMap::new(),
            made: Vec::new(),
            outcomes: HashMap::new(),
            max_promotions: usize::MAX,
            counted_seats: 0,
            counted_waitlist: 0,
            unfinished: false,
            exceptions: HashSet::new(),
        }
    }

    pub(super) fn command(&self, action: &Action) -> Command {
        let organizer = |by_owner| Actor {
            email_confirmed: true,
            ..Actor::new(if by_owner { OWNER } else { user_id(0) }, Role::Organizer)
        };
        let existing = |which: u8| {
            let at = usize::from(which) % self.made.len().max(1);
            self.made.get(at).copied()
        };
        match *action {
            Action::Add { user, by_owner } => Command::Add(Box::new(Addition {
                by: organizer(by_owner),
                user: user_id(user),
                key: IdempotencyKey::mint(),
                fingerprint: "added".to_owned(),
                record: None,
            })),
            Action::Act {
                action,
                ref which,
                by_owner,
            } => {
                let ids: std::collections::BTreeSet<_> =
                    which.iter().filter_map(|which| existing(*which)).collect();
                Command::Act(Box::new(BulkAct {
                    by: organizer(by_owner),
                    key: None,
                    fingerprint: "act".to_owned(),
                    action,
                    ids: ids.into_iter().collect(),
                    reason: None,
                    dry_run: false,
                    record: None,
                }))
            }
            Action::Register {
                user,
                key,
                elsewhere,
            } => Command::Register {
                user: user_id(user),
                key: IdempotencyKey::parse(&format!("k{key}")).unwrap(),
                fingerprint: if elsewhere { "there" } else { "here" }.to_owned(),
                language: Language::default(),
            },
            Action::SetPaused { paused, by_owner } => Command::SetPaused(Box::new(PauseChange {
                by: Actor::new(if by_owner { OWNER } else { user_id(0) }, Role::Organizer),
                paused,
                record: None,
            })),
            Action::Cancel { which, by_owner } => {
                let registration = existing(which);
                let owner = registration.map_or(OWNER, |id| self.rows[&id].user);
                Command::Cancel {
                    registration: registration.unwrap_or(RegistrationId(Uuid::from_u128(1))),
                    by: if by_owner { owner } else { OWNER },
                }
            }
            Action::Revise {
                capacity,
                waitlist,
                status,
                starts_in,
                opens_in,
                by_owner,
            } => {
                let starts_at = self.now + TimeDelta::hours(starts_in.into());
                let input = CompetitionInput {
                    title: "Race".to_owned(),
                    description: String::new(),
                    capacity: capacity.into(),
                    publish_at: None,
                    opens_at: opens_in.map(|hours| self.now + TimeDelta::hours(hours.into())),
                    reg_deadline: starts_at,
                    starts_at,
                    ends_at: None,
                    location: String::new(),
                    time_zone: "UTC".to_owned(),
                    tags: Vec::new(),
                    waitlist_enabled: waitlist,
                    status,
                };
                Command::Revise(Box::new(Revision {
                    by: organizer(by_owner),
                    patch: input.into(),
                    notifies: true,
                    expected_version: None,
                    record: None,
                }))
            }
        }
    }

    /// Returns what a transaction would read, and no more of the waitlist.
    fn snapshot(&self, commands: &[Command]) -> Snapshot {
        let mut snapshot = Snapshot {
            state: Some(self.state.clone()),
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
                Command::Act(act) => act.ids.iter().for_each(|id| self.add(&mut snapshot, id)),
                Command::Cancel { registration, .. } => self.add(&mut snapshot, registration),
                Command::Revise(_)
                | Command::SetPaused(_)
                | Command::PromoteWaitlist
                | Command::Withdrawn => {}
            }
        }
        let heads = waitlist_heads(&self.state, commands, self.max_promotions);
        snapshot.waitlist = self.waitlist().into_iter().take(heads).collect();
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
    pub(super) fn waitlist(&self) -> Vec<(RegistrationId, UserId)> {
        let mut waiting: Vec<_> = self
            .rows
            .iter()
            .filter(|(_, row)| row.status == RegistrationStatus::Waitlisted)
            .collect();
        waiting.sort_by_key(|(_, row)| row.waitlist_seq);
        waiting
            .into_iter()
            .map(|(id, row)| (*id, row.user))
            .collect()
    }

    /// Executes commands in one transaction.
    pub(super) fn execute(&mut self, commands: &[Command]) -> Vec<Reply> {
        let mut next = u128::try_from(self.made.len()).unwrap() + 1_000;
        let context = DecisionContext {
            now: self.now,
            expires_at: self.now + KEEP,
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
            plan.changes_registrations() || plan.revision.is_some() || plan.changes_pause,
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
            };
            assert_eq!(self.rows.insert(id, row), None);
        }
        self.set(&new, RegistrationStatus::Pending);
        for (user, key, stored) in &plan.outcomes {
            self.outcomes
                .insert((*user, key.clone()), Arc::clone(stored));
        }
        if let Some(state) = plan.state {
            assert_eq!(plan.expected_version, self.state.version);
            assert!(state.version > self.state.version, "the version grows");
            let edited = plan.revision.is_some();
            assert_eq!(
                state.edited_at_version > self.state.edited_at_version,
                edited,
                "only edits raise edited_at_version"
            );
            assert!(state.edited_at_version <= state.version);
            self.state = state;
        }
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
        let mut seated = plan.insert.iter().filter(|row| row.status.holds_seat());
        if commands.len() == 1 && seated.next().is_some() {
            let spare = self.state.seats_left >= self.state.waitlisted;
            assert!(spare, "a new registration took a seat of the waitlist");
        }
        plan.replies
    }

    fn set(&mut self, ids: &[&RegistrationId], status: RegistrationStatus) {
        for id in ids {
            self.rows.get_mut(id).unwrap().status = status;
        }
    }

    fn assert_seat_invariant(&self) {
        let state = &self.state;
        assert!(
            (0..=state.capacity).contains(&state.seats_left),
            "{state:?}"
        );
        let seated = self.rows.values().filter(|row| row.status.holds_seat());
        let seated = i32::try_from(seated.count()).unwrap();
        assert_eq!(state.capacity - state.seats_left, seated, "seats are kept");
        let waiting = self.waitlist();
        assert_eq!(usize::try_from(state.waitlisted).unwrap(), waiting.len());
        let mut people: Vec<_> = self.live().map(|(_, row)| row.user).collect();
        people.sort();
        let lives = people.len();
        people.dedup();
        assert_eq!(lives, people.len(), "one live registration a participant");
        let open =
            state.rules.status == CompetitionStatus::Published && self.now < state.rules.starts_at;
        assert!(
            !open || state.seats_left == 0 || waiting.is_empty() || self.unfinished,
            "a seat is free while a registration waits for it"
        );
        let in_turn = self
            .rows
            .iter()
            .filter(|(id, row)| row.status.holds_seat() && !self.exceptions.contains(id));
        let last_in = in_turn.filter_map(|(_, row)| row.waitlist_seq).max();
        let first_out = waiting
            .first()
            .and_then(|(id, _)| self.rows[id].waitlist_seq);
        if let (Some(last_in), Some(first_out)) = (last_in, first_out) {
            assert!(last_in < first_out, "a registration was overtaken");
        }
    }

    /// Executes one command alone, and checks that its reply is true.
    pub(super) fn execute_one(&mut self, command: &Command) -> Reply {
        let before = self.clone();
        let reply = self.execute(std::slice::from_ref(command)).remove(0);
        let waitlist_before = before.waitlist();
        match (command, &reply) {
            (
                Command::Register {
                    user, fingerprint, ..
                },
                Reply::Outcome(RegistrationReply { stored, replayed }),
            ) => {
                assert_eq!(&stored.fingerprint, fingerprint);
                let has_one = before.live().any(|(_, row)| row.user == *user);
                let outcome = stored.outcome.as_ref().unwrap();
                let registered = !replayed && outcome.registration().is_ok();
                let open = before.state.takes_registrations(self.now).is_ok();
                assert!(open || !registered, "registered while it is not open");
                match outcome.registration() {
                    _ if *replayed => {}
                    Ok(view) if view.status == RegistrationStatus::Waitlisted => {
                        assert_eq!(
                            self.state.seats_left, 0,
                            "the waitlist is for full competitions"
                        );
                        let place = view.waitlist_position.unwrap();
                        assert_eq!(usize::try_from(place).unwrap(), self.waitlist().len());
                    }
                    Ok(_) => {
                        assert!(before.state.seats_left > 0 && !has_one);
                        let still = self.waitlist().len();
                        assert_eq!(still, 0, "a new registration got a seat of the waitlist");
                    }
                    Err(DomainError::CompetitionFull) => {
                        assert_eq!(self.state.seats_left, 0, "\"full\" while seats are left");
                    }
                    Err(DomainError::AlreadyRegistered) => assert!(has_one),
                    Err(DomainError::RegistrationClosed) => {
                        let refusal = before.state.takes_registrations(self.now);
                        assert_eq!(refusal, Err(DomainError::RegistrationClosed));
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
            (Command::Register { user, key, .. }, Reply::Done(Err(refusal)))
                if matches!(
                    refusal,
                    DomainError::NotOpenYet { .. } | DomainError::RegistrationPaused { .. }
                ) =>
            {
                let expected = before.state.takes_registrations(self.now);
                assert_eq!(expected.as_ref(), Err(refusal), "not open although it is");
                let stored = self.outcomes.get(&(*user, key.clone()));
                let is_new = stored.is_none_or(|stored| stored.expires_at <= self.now);
                assert!(
                    is_new,
                    "a refusal before the opening or during a pause is stored"
                );
            }
            (Command::Cancel { registration, .. }, Reply::Done(Ok(()))) => {
                let now = &self.rows[registration];
                assert_eq!(now.status, RegistrationStatus::Cancelled);
            }
            (Command::Add(_), Reply::Outcome(RegistrationReply { stored, .. })) => {
                let outcome = stored.outcome.as_ref().unwrap();
                if let Ok(view) = outcome.registration() {
                    assert!(before.state.takes_additions().is_ok());
                    let takes_seat = view.status.holds_seat();
                    assert!(
                        !takes_seat || before.state.seats_left > 0,
                        "beyond the capacity"
                    );
                }
            }
            (Command::Act(act), Reply::Outcome(RegistrationReply { stored, .. })) => {
                self.assert_act_is_true(&before, act, stored.outcome.as_ref().unwrap());
            }
            (Command::Revise(_), Reply::Done(Ok(()))) => {
                let moved = waitlist_before.len() - self.waitlist().len();
                assert!(
                    self.state.seats_left == 0 || moved == waitlist_before.len() || !self.open()
                );
            }
            (Command::SetPaused(change), Reply::Done(Ok(()))) => {
                assert_eq!(self.state.rules.paused, change.paused);
                assert_eq!(before.rows, self.rows, "a pause takes nothing back");
            }
            (_, Reply::Done(Err(_))) => {}
            (command, reply) => panic!("{reply:?} to {command:?}"),
        }
        reply
    }

    fn assert_act_is_true(&self, before: &Self, act: &BulkAct, outcome: &Outcome) {
        let result = match outcome.bulk() {
            Ok(result) => result,
            Err(error) => {
                assert_eq!(error, &DomainError::RegistrationClosed);
                assert_ne!(before.state.rules.status, CompetitionStatus::Published);
                return;
            }
        };
        assert_eq!(result.results.len(), act.ids.len());
        for item in &result.results {
            let (was, is) = (
                before.rows[&item.registration_id].status,
                self.rows[&item.registration_id].status,
            );
            let expected = match (act.action, item.outcome) {
                (BulkAction::Cancel, _) => is == RegistrationStatus::Cancelled,
                (BulkAction::Promote, BulkOutcome::Done | BulkOutcome::Unchanged) => {
                    is.holds_seat()
                }
                (_, BulkOutcome::CompetitionFull) => self.state.seats_left == 0,
                (_, BulkOutcome::Cancelled) => !was.is_live(),
                (_, BulkOutcome::NoSeat) => !is.holds_seat(),
                (BulkAction::Resend, _) => is == was && is.holds_seat(),
                (_, BulkOutcome::NotFound) => false,
            };
            assert!(expected, "{item:?}: {was} {is}");
        }
        let seats = (result.seats_left, result.waitlisted);
        assert_eq!(seats, (self.state.seats_left, self.state.waitlisted));
    }

    fn open(&self) -> bool {
        self.state.rules.status == CompetitionStatus::Published
            && self.now < self.state.rules.starts_at
    }
}

fn as_live((id, row): (&RegistrationId, &Row)) -> LiveRegistration {
    LiveRegistration {
        id: *id,
        user: row.user,
        status: row.status,
    }
}
