//! The decision: who gets a seat. A pure function of a snapshot and commands.
//!
//! [`decide`] takes the state of one competition and the commands in the order in which they were queued,
//! and returns what to write and what to reply. It reads no clock, no database and no random source, so
//! that property tests can try every order of events.
//!
//! Rules, in this order:
//! - a request whose key has a stored outcome gets that outcome, or a domain error if the request differs;
//! - a request whose answers were checked against other questions than the competition has is sent back, and its answers
//!   are checked again;
//! - a request that comes before the opening or during a pause is refused, and nothing is stored: its key is as good
//!   as new;
//! - what an organizer does is an exception: participants are added before the opening, after the deadline and during
//!   a pause, and promoted out of turn, but never beyond the capacity;
//! - who was removed by mistake comes back to a free seat or to the waitlist, and takes no seat from others;
//! - a registration needs what the competition requires: a code, an e-mail address of a domain, an age;
//! - the use of a code and the seat are one: a code counts the live registrations that use it, and a seat that is set aside
//!   for a code is for those who have it only;
//! - in a competition with divisions each registration is in exactly one, and its seat is one of the competition and
//!   one of the division;
//! - free seats go first to the waitlist, always to the first whose division has a seat, then to new registrations in
//!   their order;
//! - a seat that is given back in a batch can be taken in the same batch.
//!
//! | rule | file |
//! | --- | --- |
//! | who is admitted, and to which division | `admission.rs` |
//! | how seats of the competition and of its divisions are counted, taken and given back | `seats.rs` |
//! | who is promoted from the waitlist | `promotion.rs`, `waitlist.rs` |
//! | what organizers do to registrations | `organizer_acts.rs` |
//! | who comes back when a removal is undone | `undo.rs` |
//! | edits and pauses | `revision.rs` |
//! | changes of divisions | `divisions.rs` |
//! | who may register: code, address, age | `eligibility.rs` |
//! | uses of codes, seats that are set aside, changes of codes | `codes.rs` |

mod admission;
mod codes;
mod divisions;
mod eligibility;
mod organizer_acts;
mod place_request;
mod plan;
mod promotion;
mod revision;
mod seats;
mod snapshot;
#[cfg(test)]
mod tests;
mod undo;
mod waitlist;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};

use place_request::{AdmissionRule, PlaceRequest};
pub use plan::{
    CodeChanges, DivisionChanges, NewRegistration, Notification, Plan, RegistrationCounts,
    ReplacedSchedule,
};
pub use snapshot::{LiveRegistration, MAX_PROMOTIONS, Snapshot, waitlist_heads};
#[cfg(test)]
pub(super) use tests::test_codec;
pub use waitlist::{WaitingRegistration, Waitlist, WaitlistHead};

use super::{
    code_state::{Address, CodeState},
    command::{Command, Reply},
    competition_state::CompetitionState,
    outcome::{Outcome, RegistrationReply, StoredOutcome, StoredResponse},
};
use crate::{
    domain::{Actor, permissions},
    model::{
        CodeId, DomainError, IdempotencyKey, Language, Permission, RegistrationId, StaffRole,
        UserId,
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
    /// Whether accounts can confirm their addresses. Where no mail can be sent, an address counts without it.
    pub confirms_addresses: bool,
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
    codes_before: HashMap<CodeId, CodeState>,
    codes: HashMap<CodeId, CodeState>,
    addresses: HashMap<UserId, Address>,
    waitlist: Waitlist,
    plan: Plan,
}

impl<F: FnMut() -> RegistrationId> Decision<F> {
    fn new(snapshot: Snapshot, context: DecisionContext, new_id: F) -> Self {
        let codes: HashMap<_, _> = snapshot.codes.into_iter().map(|c| (c.id, c)).collect();
        let mut decision = Self {
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
            codes_before: codes.clone(),
            codes,
            addresses: snapshot.addresses,
            waitlist: snapshot.waitlist,
            plan: Plan::default(),
        };
        decision.release_expired(snapshot.next_expiry);
        // Seats that are free while registrations are waitlisted (after a changed deadline, or a crash
        // between two transactions) belong to them before any new registration.
        decision.promote();
        decision
    }

    fn finish(mut self) -> Plan {
        let more = |state: &CompetitionState| {
            state.open_seats() > 0
                && state.promotable() > 0
                && state.promotes_waitlist(self.context.now)
        };
        // A wrong counter must not keep this going: then the waitlist was read and is empty.
        self.plan.unfinished = self.waitlist.was_read() && self.state.as_ref().is_some_and(more);
        // No more than so many codes are released at once, either.
        let due = self.state.as_ref().and_then(|state| state.codes.due_at);
        self.plan.unfinished |= due.is_some_and(|due| due <= self.context.now);
        // A seat that was given back and taken again leaves the counters as they were, yet is a change.
        if self.state != self.before || self.plan.changes_registrations() {
            self.plan.expected_version = self.before.as_ref().map_or(0, |state| state.version);
            self.compare_codes();
            if let (Some(before), Some(after)) = (&self.before, &self.state) {
                self.plan.divisions.compare(before, after);
            }
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
                division,
                answers,
                code,
                fingerprint,
                language,
            } => {
                let request = PlaceRequest {
                    user: *user,
                    key,
                    division: *division,
                    answers: &answers.answers,
                    code: code.as_deref(),
                    admission: AdmissionRule::Open,
                };
                self.register(request, answers.revision, fingerprint, *language)
            }
            Command::Cancel { registration, by } => {
                Ok(Reply::Done(self.cancel(*registration, *by)))
            }
            Command::Add(addition) => self.add(addition),
            Command::Act(act) => self.act(act),
            Command::Undo(undo) => self.undo(undo),
            Command::Revise(revision) => Ok(Reply::Done(self.revise(revision))),
            Command::SetPaused(change) => Ok(Reply::Done(self.set_paused(change))),
            Command::ChangeDivision(change) => Ok(Reply::Done(self.change_division(change))),
            Command::ChangeCodes(change) => Ok(Reply::Done(self.change_codes(change))),
            Command::PromoteWaitlist => Ok(Reply::Done(Ok(()))),
            Command::Withdrawn => Ok(Reply::Done(Err(DomainError::Overloaded { retry_after: 1 }))),
        }
    }

    fn register(
        &mut self,
        request: PlaceRequest<'_>,
        questions_revision: i32,
        fingerprint: &str,
        language: Language,
    ) -> Result<Reply, InfrastructureError> {
        let PlaceRequest { user, key, .. } = request;
        if let Some(reply) = self.earlier(user, key, fingerprint) {
            return Ok(reply);
        }
        if !self.users.contains(&user) {
            return Ok(Reply::Done(Err(DomainError::Unauthenticated)));
        }
        let state = self.state.as_ref();
        if state.is_some_and(|state| state.questions_revision != questions_revision) {
            return Ok(Reply::OtherQuestions);
        }
        let outcome = match self.take_seat(request) {
            // Stored, it would bar the same request at the second of the opening (decision 0036), or after the pause. A
            // request that is no valid one has no outcome.
            Err(
                error @ (DomainError::NotOpenYet { .. }
                | DomainError::RegistrationPaused { .. }
                | DomainError::EmailNotVerified
                | DomainError::Invalid(_)),
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
}
