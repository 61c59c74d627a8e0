//! Who gets a seat: a pure function over what a transaction has read.
//!
//! [`decide`] takes the state of one competition, the commands in the order they came, and says
//! what to write and what to answer. It touches no clock, no database and no random source, so
//! that property tests can try everything.
//!
//! Rules, in this order:
//! - a key that was answered before gets the same answer, or a "no" if the request differs;
//! - seats go to the waitlist's head first, then to who comes, in order; nobody overtakes;
//! - a seat given back in this batch can be given out again in this batch.

mod plan;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

pub use plan::{NewRegistration, Notification, Plan};
pub use snapshot::{CompetitionState, LiveRegistration, SEATED_AT_ONCE, Snapshot};

use super::{
    command::{Command, Reply, Revision},
    outcome::Stored,
};
use crate::{
    domain::schedule::Schedule,
    model::{
        CompetitionStatus, DomainError, IdempotencyKey, RegistrationId, RegistrationStatus,
        RegistrationView, UserId, forms::FieldErrors,
    },
    store::InfrastructureError,
};

/// Decides for everyone. Answers are kept for `keep`; `fresh` gives new ids.
///
/// # Errors
/// Only if an answer can't be put into JSON, which never happens.
pub fn decide(
    snapshot: Snapshot,
    commands: &[Command],
    now: DateTime<Utc>,
    keep: TimeDelta,
    fresh: impl FnMut() -> RegistrationId,
) -> Result<Plan, InfrastructureError> {
    let mut desk = Deciding::new(snapshot, now, now + keep, fresh);
    for command in commands {
        let reply = desk.command(command)?;
        desk.plan.replies.push(reply);
    }
    Ok(desk.finish())
}

struct Deciding<F> {
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    fresh: F,
    before: Option<CompetitionState>,
    state: Option<CompetitionState>,
    people: HashSet<UserId>,
    by_user: HashMap<UserId, RegistrationId>,
    live: HashMap<RegistrationId, LiveRegistration>,
    gone: HashMap<RegistrationId, UserId>,
    stored: HashMap<(UserId, IdempotencyKey), Stored>,
    queue: VecDeque<(RegistrationId, UserId)>,
    /// Whether anybody of the queue was read.
    read_some: bool,
    /// How many queue behind those in `queue`.
    unread: i32,
    plan: Plan,
}

impl<F: FnMut() -> RegistrationId> Deciding<F> {
    fn new(snapshot: Snapshot, now: DateTime<Utc>, expires_at: DateTime<Utc>, fresh: F) -> Self {
        let waiting = snapshot.state.as_ref().map_or(0, |state| state.waitlisted);
        let read = i32::try_from(snapshot.queue.len()).unwrap_or(i32::MAX);
        let mut deciding = Self {
            read_some: read > 0,
            unread: waiting.saturating_sub(read).max(0),
            now,
            expires_at,
            fresh,
            before: snapshot.state.clone(),
            state: snapshot.state,
            people: snapshot.people,
            by_user: snapshot.live.iter().map(|l| (l.user, l.id)).collect(),
            live: snapshot.live.into_iter().map(|l| (l.id, l)).collect(),
            gone: snapshot.gone,
            stored: snapshot.stored,
            queue: snapshot.queue,
            plan: Plan::default(),
        };
        // Seats that stand free while people queue (a deadline moved, a crash between releases)
        // are theirs before anybody new is served.
        deciding.promote();
        deciding
    }

    fn finish(mut self) -> Plan {
        let more = |state: &CompetitionState| {
            state.seats_left > 0 && state.waitlisted > 0 && state.seats_its_queue(self.now)
        };
        // A counter that is wrong must not keep this going: nobody was there to be read.
        self.plan.unfinished = self.read_some && self.state.as_ref().is_some_and(more);
        // A seat given back and taken again leaves the numbers as they were, yet is a change.
        if self.state != self.before || self.plan.moves_somebody() {
            self.plan.was_version = self.before.map_or(0, |state| state.version);
            if let Some(state) = &mut self.state
                && state.version == self.plan.was_version
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
            } => self.register(*user, key, fingerprint),
            Command::Cancel { registration, by } => {
                Ok(Reply::Done(self.cancel(*registration, *by)))
            }
            Command::Revise(revision) => Ok(Reply::Done(self.revise(revision))),
            Command::SeatWaiting => Ok(Reply::Done(Ok(()))),
        }
    }

    fn register(
        &mut self,
        user: UserId,
        key: &IdempotencyKey,
        fingerprint: &str,
    ) -> Result<Reply, InfrastructureError> {
        if let Some(stored) = self.stored.get(&(user, key.clone())) {
            return Ok(if stored.fingerprint == fingerprint {
                Reply::Answer {
                    stored: stored.clone(),
                    replayed: true,
                }
            } else {
                Reply::Done(Err(DomainError::IdempotencyKeyReused))
            });
        }
        if !self.people.contains(&user) {
            return Ok(Reply::Done(Err(DomainError::Unauthenticated)));
        }
        let stored = match self.seat(user, key) {
            Ok(view) => Stored::registered(fingerprint, &view, self.expires_at)?,
            Err(refusal) => Stored::refused(fingerprint, &refusal, self.expires_at)?,
        };
        self.stored.insert((user, key.clone()), stored.clone());
        self.plan.remember.push((user, key.clone(), stored.clone()));
        Ok(Reply::Answer {
            stored,
            replayed: false,
        })
    }

    /// A seat, a place in the queue, or why not.
    fn seat(
        &mut self,
        user: UserId,
        key: &IdempotencyKey,
    ) -> Result<RegistrationView, DomainError> {
        let now = self.now;
        let state = match &mut self.state {
            Some(state) if state.status != CompetitionStatus::Draft => state,
            _ => return Err(DomainError::NotFound),
        };
        if self.by_user.contains_key(&user) {
            return Err(DomainError::AlreadyRegistered);
        }
        if !state.takes_registrations(now) {
            return Err(DomainError::RegistrationClosed);
        }
        // While people queue, one queues behind them; where that is not possible, a seat that none
        // of them needs is free.
        let spare = state.seats_left > state.waitlisted;
        let (status, waitlist_seq, position) =
            if spare && (state.waitlisted == 0 || !state.waitlist_enabled) {
                state.seats_left -= 1;
                (RegistrationStatus::Pending, None, None)
            } else if state.waitlist_enabled {
                state.waitlisted += 1;
                state.waitlist_seq += 1;
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
        let id = (self.fresh)();
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
        let notice = match position {
            None => Notification::Confirmation,
            Some(position) => {
                // Behind people who were not read there is no place to note.
                if self.unread == 0 {
                    self.queue.push_back((id, user));
                } else {
                    self.unread += 1;
                }
                Notification::Waitlist { position }
            }
        };
        self.plan.notifications.push((id, user, notice));
        Ok(RegistrationView {
            registration_id: id,
            user_id: user,
            competition_id: competition,
            status,
            registered_at: now,
            waitlist_position: position,
            competition_title: None,
            user_name: None,
            user_email: None,
        })
    }

    fn cancel(&mut self, id: RegistrationId, by: UserId) -> Result<(), DomainError> {
        if let Some(owner) = self.gone.get(&id) {
            // Asking again is harmless: it is given back.
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
        let Some(state) = &mut self.state else {
            return Err(DomainError::NotFound);
        };
        if live.status.holds_seat() {
            state.seats_left += 1;
        } else {
            state.waitlisted -= 1;
            let before = self.queue.len();
            self.queue.retain(|(waiting, _)| *waiting != id);
            if self.queue.len() == before {
                self.unread -= 1;
            }
        }
        self.live.remove(&id);
        self.by_user.remove(&live.user);
        self.gone.insert(id, live.user);
        self.plan.cancel.push(id);
        self.plan
            .notifications
            .push((id, live.user, Notification::Cancellation));
        self.promote();
        Ok(())
    }

    fn revise(&mut self, revision: &Revision) -> Result<(), DomainError> {
        let Some(state) = &mut self.state else {
            return Err(DomainError::NotFound);
        };
        revision.by.must_run(state.organizer)?;
        let seen = state.edited_at_version..=state.version;
        if revision
            .expected_version
            .is_some_and(|version| !seen.contains(&version))
        {
            return Err(DomainError::PreconditionFailed);
        }
        let patch = &revision.patch;
        let (was, status) = (state.status, patch.status.unwrap_or(state.status));
        if !was.may_become(status) {
            let message = "People have seen it: it can't go back to that.";
            return Err(DomainError::Invalid(FieldErrors::one("status", message)));
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
        state.status = status;
        state.waitlist_enabled = patch.waitlist_enabled.unwrap_or(state.waitlist_enabled);
        state.reg_deadline = times.reg_deadline;
        state.starts_at = times.starts_at;
        state.ends_at = times.ends_at;
        if let Some(location) = &patch.location {
            state.location.clone_from(location);
        }
        if was == CompetitionStatus::Published
            && state.status == CompetitionStatus::Published
            && state.is_taken()
            && moved(&before, &state.schedule(), self.now)
        {
            self.plan
                .former_schedules
                .push((state.schedule_revision, before));
            state.schedule_revision += 1;
        }
        // At once, so that a second change in this batch that was based on the same version fails;
        // and a change of words alone is a change too.
        state.version += 1;
        state.edited_at_version = state.version;
        self.plan.called_off |=
            was == CompetitionStatus::Published && state.status == CompetitionStatus::Cancelled;
        self.plan.audit.extend(revision.record.clone());
        let earlier = self.plan.revision.take().unwrap_or_default();
        self.plan.revision = Some(Box::new(earlier.then(patch.clone())));
        self.promote();
        Ok(())
    }

    /// Seats the head of the queue, as often as there are seats.
    fn promote(&mut self) {
        let Some(state) = &mut self.state else { return };
        if !state.seats_its_queue(self.now) {
            return;
        }
        while state.seats_left > 0 {
            let Some((id, user)) = self.queue.pop_front() else {
                return;
            };
            state.seats_left -= 1;
            state.waitlisted -= 1;
            if let Some(live) = self.live.get_mut(&id) {
                live.status = RegistrationStatus::Pending;
            }
            self.plan.promote.push(id);
            self.plan
                .notifications
                .push((id, user, Notification::Promotion));
        }
    }
}

/// Whether people have to know that the schedule changed. What is over, before and after, can't be
/// missed any more.
fn moved(before: &Schedule, after: &Schedule, now: DateTime<Utc>) -> bool {
    before != after && !(before.is_over(now) && after.is_over(now))
}
