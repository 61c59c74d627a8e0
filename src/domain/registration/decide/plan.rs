//! What a decision writes, and the reply to each command.

use std::sync::Arc;

use crate::{
    domain::{
        registration::{
            code_state::CodeState,
            command::Reply,
            competition_state::{CompetitionState, DivisionState},
            outcome::KeyedOutcome,
        },
        schedule::Schedule,
    },
    model::{
        Answers, CodeId, DivisionId, IdempotencyKey, RegistrationId, RegistrationStatus, UserId,
        forms::CompetitionPatch,
    },
    store::audit::Record,
};

/// A registration to insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRegistration {
    pub id: RegistrationId,
    /// The participant who registers.
    pub user: UserId,
    /// The idempotency key of the request.
    pub key: IdempotencyKey,
    /// The status, which is `PENDING` or `WAITLISTED`.
    pub status: RegistrationStatus,
    /// The division, if the competition has any.
    pub division: Option<DivisionId>,
    /// The registration's number in the order of the waitlist, if it is waitlisted.
    pub waitlist_seq: Option<i64>,
    /// The number of the schedule that the participant knows.
    pub schedule_revision: i32,
    /// The answers to the questions of the competition.
    pub answers: Answers,
    /// The code with which the participant registers, if any.
    pub code: Option<CodeId>,
    /// The cancelled registration of a participant who comes back, whose start number and notes the new one gets.
    pub former: Option<RegistrationId>,
}

/// A change of a registration that its participant is notified of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// A seat was taken.
    Confirmation,
    /// The waitlist was joined.
    Waitlist {
        /// The position in the waitlist, from 1; `None` if it is the place of before.
        position: Option<u32>,
    },
    /// A waitlisted registration got a seat.
    Promotion,
    /// The registration was cancelled by its participant.
    Cancellation,
    /// The registration was cancelled by the organizer, perhaps for a reason.
    Removal(Option<Arc<str>>),
}

/// How many registrations a plan changes, by what happens to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegistrationCounts {
    /// Registrations that get a seat at once.
    pub registered: i32,
    /// Registrations that join the waitlist.
    pub waitlisted: i32,
    /// Registrations that get a seat from the waitlist.
    pub promoted: i32,
    /// Registrations that give a seat back.
    pub cancelled: i32,
    /// Registrations that leave the waitlist.
    pub left_waitlist: i32,
}

/// The divisions whose rows a plan changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DivisionChanges {
    /// Divisions to insert, some of which may be removed again.
    pub added: Vec<DivisionState>,
    /// Divisions that were edited. Their counters may have changed too.
    pub edited: Vec<DivisionState>,
    /// Divisions of which only the counters have changed.
    pub counted: Vec<DivisionState>,
    /// Divisions that are removed.
    pub removed: Vec<DivisionState>,
}

impl DivisionChanges {
    /// Adds what is different after a batch.
    pub(super) fn compare(&mut self, before: &CompetitionState, after: &CompetitionState) {
        for division in &after.divisions {
            match before.division(division.id) {
                None => self.added.push(division.clone()),
                Some(was) if was == division => {}
                Some(was) if was.is_edited_to(division) => self.edited.push(division.clone()),
                Some(_) => self.counted.push(division.clone()),
            }
        }
        let was_there = |one: &&DivisionState| before.division(one.id).is_some();
        let gone_again = self.removed.iter().filter(|one| !was_there(one));
        self.added.extend(gone_again.cloned());
    }
}

/// The codes whose rows a plan changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CodeChanges {
    /// Codes to insert, some of which may be deleted again.
    pub added: Vec<CodeState>,
    /// Codes that were edited, released or deleted. Their uses may have changed too.
    pub edited: Vec<CodeState>,
    /// Codes of which only the uses have changed.
    pub counted: Vec<CodeState>,
}

/// What a transaction writes, and the replies that are sent after its commit.
#[derive(Debug, Default)]
pub struct Plan {
    /// The competition after the batch, if anything about it changed.
    pub state: Option<CompetitionState>,
    /// The version that was read. The competition is updated only if it still has this version.
    pub expected_version: i64,
    /// All edits of the batch in one, to be written with the competition's state.
    pub revision: Option<Box<CompetitionPatch>>,
    /// Whether registration is paused or resumed.
    pub changes_pause: bool,
    /// Whether divisions are added, edited or removed.
    pub changes_divisions: bool,
    /// The rows of divisions that change, by edits or because registrations do.
    pub divisions: DivisionChanges,
    /// Whether the numbers of the competition's codes change.
    pub counts_codes: bool,
    /// Whether the competition gets its first code or loses its last one.
    pub begins_or_ends_codes: bool,
    /// The rows of codes that change.
    pub codes: CodeChanges,
    /// The entries of the audit log about edits and pauses.
    pub audit: Vec<Record>,
    /// The registrations that are inserted.
    pub insert: Vec<NewRegistration>,
    /// Registrations that change from `WAITLISTED` to `PENDING`, including some of `insert`.
    pub promote: Vec<RegistrationId>,
    /// Registrations that become `CANCELLED`.
    pub cancel: Vec<RegistrationId>,
    /// The number of these changes, for the statistics of the competition.
    pub counts: RegistrationCounts,
    /// Outcomes to store under their keys.
    pub outcomes: Vec<KeyedOutcome>,
    /// The participants to notify, and of what.
    pub notifications: Vec<(RegistrationId, UserId, Notification)>,
    /// The registrations whose confirmation is written once more, with their participants.
    pub resend: Vec<(RegistrationId, UserId)>,
    /// Schedules that are replaced.
    pub former_schedules: Vec<ReplacedSchedule>,
    /// Whether the competition was cancelled, so that every participant is to be notified.
    pub competition_cancelled: bool,
    /// Whether free seats remain for more of the waitlist than was read. Another transaction has to
    /// go on.
    pub unfinished: bool,
    /// A reply for each command, in their order.
    pub replies: Vec<Reply>,
}

/// A schedule that an edit replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplacedSchedule {
    /// The number of the schedule.
    pub revision: i32,
    pub schedule: Schedule,
    /// Whether participants are notified of the schedule that replaces this one.
    pub notifies: bool,
}

impl Plan {
    /// Returns whether there is nothing to write.
    #[must_use]
    pub fn writes_nothing(&self) -> bool {
        self.state.is_none()
            && self.outcomes.is_empty()
            && self.resend.is_empty()
            && self.audit.is_empty()
    }

    /// Returns the accounts whose registrations change.
    pub(in crate::domain::registration) fn changed_accounts(&self) -> Vec<UserId> {
        let notified = self.notifications.iter();
        notified.map(|(_, user, _)| *user).collect()
    }

    /// Returns whether registrations on the waitlist move up, or make way for somebody who comes back.
    pub(in crate::domain::registration) fn moves_waitlist(&self) -> bool {
        let waits = self
            .state
            .as_ref()
            .is_some_and(|state| state.waitlisted > 0);
        let is_back = |row: &NewRegistration| row.former.is_some();
        waits
            && !(self.promote.is_empty()
                && self.cancel.is_empty()
                && !self.insert.iter().any(is_back))
    }

    /// Returns whether any registration is inserted, promoted or cancelled.
    pub(super) fn changes_registrations(&self) -> bool {
        !(self.insert.is_empty() && self.promote.is_empty() && self.cancel.is_empty())
    }
}
