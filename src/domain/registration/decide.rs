//! The decision: who gets a seat. A pure function of a snapshot and commands.
//!
//! [`decide`] takes the state of one competition and the commands in the order in which they were queued,
//! and returns what to write and what to reply. It reads no clock, no database and no random source, so
//! that property tests can try every order of events.
//!
//! Rules, in this order:
//! - a request whose key has a stored outcome gets that outcome, or a domain error if the request differs;
//! - a request that comes before the opening or during a pause is refused, and nothing is stored: its key is as good
//!   as new;
//! - what an organizer does is an exception: participants are added before the opening, after the deadline and during
//!   a pause, and promoted out of turn, but never beyond the capacity;
//! - free seats go to the head of the waitlist first, then to new registrations in their order;
//! - a seat that is given back in a batch can be taken in the same batch.

mod organizer_acts;
mod plan;
mod snapshot;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Utc};

pub use plan::{NewRegistration, Notification, Plan, RegistrationCounts, ReplacedSchedule};
pub use snapshot::{LiveRegistration, MAX_PROMOTIONS, Snapshot, waitlist_heads};
#[cfg(test)]
pub(super) use tests::test_codec;

use super::{
    command::{Command, PauseChange, Reply, Revision},
    competition_state::CompetitionState,
    outcome::{Outcome, RegistrationReply, StoredOutcome, StoredResponse},
};
use crate::{
    domain::{Actor, permissions},
    model::{
        CompetitionStatus, DomainError, IdempotencyKey, Language, Permission, RegistrationId,
        RegistrationStatus, RegistrationView, StaffRole, UserId,
        forms::{FieldErrors, FieldProblem},
    },
    store::InfrastructureError,
};

/// What a decision depends on besides its snapshot and commands.
#[derive(Debug, Clone, Copy)]
pub struct DecisionContext {
    /// The present time, read under the competition's row lock.
    pub now: DateTime<Utc>,
    /// The time at which new outcomes expire.
    pub expires_at: DateTime<Utc>,
    /// Encodes an outcome; see [`ResponseCodec`](super::outcome::ResponseCodec).
    pub encode: fn(&Outcome, Language) -> Result<StoredResponse, InfrastructureError>,
}

/// Decides `commands` one after the other. `new_id` returns ids for new registrations.
///
/// # Errors
/// Returns an [`InfrastructureError`] if an outcome can't be encoded, which is a bug.
pub fn decide(
    snapshot: Snapshot,
    commands: &[Command],
    context: &DecisionContext,
    new_id: impl FnMut() -> RegistrationId,
) -> Result<Plan, InfrastructureError> {
    let mut decision = Decision::new(snapshot, *context, new_id);
    for command in commands {
        let reply = decision.command(command)?;
        decision.plan.replies.push(reply);
    }
    Ok(decision.finish())
}

/// Whether a registration must keep the times of the competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AdmissionRule {
    /// A participant registers while registration is open.
    Open,
    /// An organizer adds a participant at any time, also during a pause.
    ByOrganizer,
}

/// A decision in progress: the snapshot after the commands so far, and the plan for them.
struct Decision<F> {
    context: DecisionContext,
    new_id: F,
    before: Option<CompetitionState>,
    state: Option<CompetitionState>,
    users: HashSet<UserId>,
    staff: HashMap<UserId, StaffRole>,
    by_user: HashMap<UserId, RegistrationId>,
    live: HashMap<RegistrationId, LiveRegistration>,
    cancelled: HashMap<RegistrationId, UserId>,
    outcomes: HashMap<(UserId, IdempotencyKey), Arc<StoredOutcome>>,
    waitlist: VecDeque<(RegistrationId, UserId)>,
    /// Whether the snapshot had any of the waitlist.
    waitlist_was_read: bool,
    /// The number of registrations that are on the waitlist behind those in `waitlist`.
    unread: i32,
    plan: Plan,
}

impl<F: FnMut() -> RegistrationId> Decision<F> {
    fn new(snapshot: Snapshot, context: DecisionContext, new_id: F) -> Self {
        let waitlisted = snapshot.state.as_ref().map_or(0, |state| state.waitlisted);
        let read = i32::try_from(snapshot.waitlist.len()).unwrap_or(i32::MAX);
        let mut decision = Self {
            waitlist_was_read: read > 0,
            unread: waitlisted.saturating_sub(read).max(0),
            context,
            new_id,
            before: snapshot.state.clone(),
            state: snapshot.state,
            users: snapshot.users,
            staff: snapshot.staff,
            by_user: snapshot.live.iter().map(|l| (l.user, l.id)).collect(),
            live: snapshot.live.into_iter().map(|l| (l.id, l)).collect(),
            cancelled: snapshot.cancelled,
            outcomes: snapshot.outcomes,
            waitlist: snapshot.waitlist,
            plan: Plan::default(),
        };
        // Seats that are free while registrations are waitlisted (after a changed deadline, or a crash
        // between two transactions) belong to them before any new registration.
        decision.promote();
        decision
    }

    fn finish(mut self) -> Plan {
        let more = |state: &CompetitionState| {
            state.seats_left > 0
                && state.waitlisted > 0
                && state.promotes_waitlist(self.context.now)
        };
        // A wrong counter must not keep this going: then the waitlist was read and is empty.
        self.plan.unfinished = self.waitlist_was_read && self.state.as_ref().is_some_and(more);
        // A seat that was given back and taken again leaves the counters as they were, yet is a change.
        if self.state != self.before || self.plan.changes_registrations() {
            self.plan.expected_version = self.before.map_or(0, |state| state.version);
            if let Some(state) = &mut self.state
                && state.version == self.plan.expected_version
            {
                state.version += 1;
            }
            self.plan.state = self.state;
        }
        self.plan
    }

    fn command(&mut self, command: &Command) -> Result<Reply, InfrastructureError> {
        match command {
            Command::Register {
                user,
                key,
                fingerprint,
                language,
            } => self.register(*user, key, fingerprint, *language),
            Command::Cancel { registration, by } => {
                Ok(Reply::Done(self.cancel(*registration, *by)))
            }
            Command::Add(addition) => self.add(addition),
            Command::Act(act) => self.act(act),
            Command::Revise(revision) => Ok(Reply::Done(self.revise(revision))),
            Command::SetPaused(change) => Ok(Reply::Done(self.set_paused(change))),
            Command::PromoteWaitlist => Ok(Reply::Done(Ok(()))),
            Command::Withdrawn => Ok(Reply::Done(Err(DomainError::Overloaded { retry_after: 1 }))),
        }
    }

    fn register(
        &mut self,
        user: UserId,
        key: &IdempotencyKey,
        fingerprint: &str,
        language: Language,
    ) -> Result<Reply, InfrastructureError> {
        if let Some(reply) = self.earlier(user, key, fingerprint) {
            return Ok(reply);
        }
        if !self.users.contains(&user) {
            return Ok(Reply::Done(Err(DomainError::Unauthenticated)));
        }
        let outcome = match self.take_seat(user, key, AdmissionRule::Open) {
            // Stored, it would bar the same request at the second of the opening (decision 0036), or after the pause.
            Err(
                error @ (DomainError::NotOpenYet { .. } | DomainError::RegistrationPaused { .. }),
            ) => return Ok(Reply::Done(Err(error))),
            outcome => Outcome::from(outcome),
        };
        let stored = self.stored(outcome, fingerprint, language)?;
        self.keep(user, key, &stored);
        Ok(Reply::Outcome(RegistrationReply {
            stored,
            replayed: false,
        }))
    }

    /// Returns the reply to a request whose key has a stored outcome.
    fn earlier(&self, account: UserId, key: &IdempotencyKey, fingerprint: &str) -> Option<Reply> {
        let stored = self.outcomes.get(&(account, key.clone()))?;
        Some(if stored.fingerprint == fingerprint {
            Reply::Outcome(RegistrationReply {
                stored: Arc::clone(stored),
                replayed: true,
            })
        } else {
            Reply::Done(Err(DomainError::IdempotencyKeyReused))
        })
    }

    /// Encodes an outcome as it is stored.
    fn stored(
        &self,
        outcome: Outcome,
        fingerprint: &str,
        language: Language,
    ) -> Result<Arc<StoredOutcome>, InfrastructureError> {
        Ok(Arc::new(StoredOutcome {
            fingerprint: fingerprint.to_owned(),
            response: (self.context.encode)(&outcome, language)?,
            outcome: Some(outcome),
            expires_at: self.context.expires_at,
        }))
    }

    /// Stores an outcome under the key of an account.
    fn keep(&mut self, account: UserId, key: &IdempotencyKey, stored: &Arc<StoredOutcome>) {
        let entry = (account, key.clone());
        self.outcomes.insert(entry, Arc::clone(stored));
        let outcome = (account, key.clone(), Arc::clone(stored));
        self.plan.outcomes.push(outcome);
    }

    /// Checks that an account may do this with the competition, which exists.
    fn permits(&self, by: Actor, permission: Permission) -> Result<(), DomainError> {
        let state = self.state.as_ref().ok_or(DomainError::NotFound)?;
        let role = permissions::role_without_staff(by, state.organizer)
            .unwrap_or_else(|| self.staff.get(&by.id).copied());
        permissions::check(role, permission).map(|_| ())
    }

    /// Takes a seat or joins the waitlist.
    fn take_seat(
        &mut self,
        user: UserId,
        key: &IdempotencyKey,
        admission: AdmissionRule,
    ) -> Result<RegistrationView, DomainError> {
        let now = self.context.now;
        let state = match &mut self.state {
            Some(state) if state.rules.status != CompetitionStatus::Draft => state,
            // The organizer knows the draft.
            Some(_) if admission == AdmissionRule::ByOrganizer => {
                return Err(DomainError::RegistrationClosed);
            }
            _ => return Err(DomainError::NotFound),
        };
        if self.by_user.contains_key(&user) {
            return Err(DomainError::AlreadyRegistered);
        }
        match admission {
            AdmissionRule::Open => state.takes_registrations(now)?,
            AdmissionRule::ByOrganizer => state.takes_additions()?,
        }
        // A new registration goes behind the waitlist. Where the waitlist was disabled meanwhile, it may
        // take a seat that none of the waitlisted registrations needs.
        let spare = state.seats_left > state.waitlisted;
        let (status, waitlist_seq, position) =
            if spare && (state.waitlisted == 0 || !state.rules.waitlist_enabled) {
                state.seats_left -= 1;
                self.plan.counts.registered += 1;
                (RegistrationStatus::Pending, None, None)
            } else if state.rules.waitlist_enabled {
                state.waitlisted += 1;
                state.waitlist_seq += 1;
                self.plan.counts.waitlisted += 1;
                let position = u32::try_from(state.waitlisted).unwrap_or(u32::MAX);
                (
                    RegistrationStatus::Waitlisted,
                    Some(state.waitlist_seq),
                    Some(position),
                )
            } else {
                return Err(DomainError::CompetitionFull);
            };
        let (competition, schedule_revision) = (state.id, state.schedule_revision);
        let id = (self.new_id)();
        self.by_user.insert(user, id);
        self.live.insert(id, LiveRegistration { id, user, status });
        self.plan.insert.push(NewRegistration {
            id,
            user,
            key: key.clone(),
            status,
            waitlist_seq,
            schedule_revision,
        });
        let notification = match position {
            None => Notification::Confirmation,
            Some(position) => {
                // Behind registrations that were not read, only their number is kept.
                if self.unread == 0 {
                    self.waitlist.push_back((id, user));
                } else {
                    self.unread += 1;
                }
                Notification::Waitlist { position }
            }
        };
        self.plan.notifications.push((id, user, notification));
        Ok(RegistrationView {
            registration_id: id,
            user_id: user,
            competition_id: competition,
            status,
            registered_at: now,
            waitlist_position: position,
            ticket_code: None,
            competition_title: None,
            user_name: None,
            user_email: None,
        })
    }

    fn cancel(&mut self, id: RegistrationId, by: UserId) -> Result<(), DomainError> {
        if let Some(owner) = self.cancelled.get(&id) {
            // Cancelling twice is no error.
            return if *owner == by {
                Ok(())
            } else {
                Err(DomainError::NotFound)
            };
        }
        let live = match self.live.get(&id) {
            Some(live) if live.user == by => *live,
            _ => return Err(DomainError::NotFound),
        };
        if self.state.is_none() {
            return Err(DomainError::NotFound);
        }
        self.give_back(live, Notification::Cancellation);
        self.promote();
        Ok(())
    }

    /// Cancels a live registration, whose seat or position is free then.
    fn give_back(&mut self, live: LiveRegistration, notification: Notification) {
        let LiveRegistration { id, user, status } = live;
        if !status.holds_seat() {
            self.leave_waitlist(id);
            self.plan.counts.left_waitlist += 1;
        } else if let Some(state) = &mut self.state {
            state.seats_left += 1;
            self.plan.counts.cancelled += 1;
        }
        self.live.remove(&id);
        self.by_user.remove(&user);
        self.cancelled.insert(id, user);
        self.plan.cancel.push(id);
        self.plan.notifications.push((id, user, notification));
    }

    /// Removes a registration from the waitlist, wherever it waits.
    fn leave_waitlist(&mut self, id: RegistrationId) {
        if let Some(state) = &mut self.state {
            state.waitlisted -= 1;
        }
        let before = self.waitlist.len();
        self.waitlist.retain(|(waiting, _)| *waiting != id);
        if self.waitlist.len() == before {
            self.unread -= 1;
        }
    }

    fn revise(&mut self, revision: &Revision) -> Result<(), DomainError> {
        let status = self.state.as_ref().map(|state| state.rules.status);
        let status = status.ok_or(DomainError::NotFound)?;
        self.permits(revision.by, revision.patch.permission(status))?;
        let Some(state) = &mut self.state else {
            return Err(DomainError::NotFound);
        };
        let seen = state.edited_at_version..=state.version;
        if revision
            .expected_version
            .is_some_and(|version| !seen.contains(&version))
        {
            return Err(DomainError::PreconditionFailed);
        }
        let patch = &revision.patch;
        let (was, status) = (
            state.rules.status,
            patch.status.unwrap_or(state.rules.status),
        );
        if !was.may_become(status) {
            let problem = FieldProblem::StatusIsFinal;
            return Err(DomainError::Invalid(FieldErrors::one("status", problem)));
        }
        let times = patch.times(state.times()).map_err(DomainError::Invalid)?;
        let capacity = patch.capacity.map_or(state.capacity, |capacity| {
            i32::try_from(capacity).unwrap_or(i32::MAX)
        });
        let taken = state.capacity - state.seats_left;
        if capacity < taken {
            return Err(DomainError::CapacityBelowRegistrations);
        }
        let before = state.schedule();
        state.capacity = capacity;
        state.seats_left = capacity - taken;
        state.rules.status = status;
        state.rules.waitlist_enabled = patch
            .waitlist_enabled
            .unwrap_or(state.rules.waitlist_enabled);
        state.rules.opens_at = times.opens_at;
        state.rules.reg_deadline = times.reg_deadline;
        state.rules.starts_at = times.starts_at;
        state.rules.ends_at = times.ends_at;
        if let Some(location) = &patch.location {
            state.location.clone_from(location);
        }
        if was == CompetitionStatus::Published
            && state.rules.status == CompetitionStatus::Published
            && state.has_registrations()
            && before.is_moved_to(&state.schedule(), self.context.now)
        {
            self.plan.former_schedules.push(ReplacedSchedule {
                revision: state.schedule_revision,
                schedule: before,
                notifies: revision.notifies,
            });
            state.schedule_revision += 1;
        }
        // Raised for each edit, so that a second edit in this batch that is based on the same version
        // fails, and for edits of texts alone too.
        state.version += 1;
        state.edited_at_version = state.version;
        self.plan.competition_cancelled |= was == CompetitionStatus::Published
            && state.rules.status == CompetitionStatus::Cancelled;
        self.plan.audit.extend(revision.record.clone());
        let earlier = self.plan.revision.take().unwrap_or_default();
        self.plan.revision = Some(Box::new(earlier.then(patch.clone())));
        self.promote();
        Ok(())
    }

    /// Pauses registration or resumes it. What is the case already is no change, and no error. Promotions go on
    /// during a pause: who is on the waitlist is registered already.
    fn set_paused(&mut self, change: &PauseChange) -> Result<(), DomainError> {
        self.permits(change.by, Permission::Edit)?;
        let Some(state) = &mut self.state else {
            return Err(DomainError::NotFound);
        };
        if state.rules.paused == change.paused {
            return Ok(());
        }
        if change.paused && state.is_closed(self.context.now) {
            return Err(DomainError::RegistrationClosed);
        }
        state.rules.paused = change.paused;
        // A pause that ends in the same batch is a change, too.
        state.version += 1;
        self.plan.changes_pause = true;
        self.plan.audit.extend(change.record.clone());
        Ok(())
    }

    /// Gives free seats to the head of the waitlist.
    fn promote(&mut self) {
        let Some(state) = &mut self.state else { return };
        if !state.promotes_waitlist(self.context.now) {
            return;
        }
        while state.seats_left > 0 {
            let Some((id, user)) = self.waitlist.pop_front() else {
                return;
            };
            state.seats_left -= 1;
            state.waitlisted -= 1;
            if let Some(live) = self.live.get_mut(&id) {
                live.status = RegistrationStatus::Pending;
            }
            self.plan.promote.push(id);
            self.plan.counts.promoted += 1;
            self.plan
                .notifications
                .push((id, user, Notification::Promotion));
        }
    }
}
