//! What a decision asks to be written and said.

use crate::{
    domain::{
        registration::{command::Reply, decide::snapshot::CompetitionState, outcome::Stored},
        schedule::Schedule,
    },
    model::{IdempotencyKey, RegistrationId, RegistrationStatus, UserId, forms::CompetitionPatch},
    store::audit::Record,
};

/// A registration to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRegistration {
    /// Which.
    pub id: RegistrationId,
    /// Whose.
    pub user: UserId,
    /// The key it was asked for with.
    pub key: IdempotencyKey,
    /// PENDING or WAITLISTED.
    pub status: RegistrationStatus,
    /// Its place in the queue, if it queues.
    pub waitlist_seq: Option<i64>,
    /// The number of the schedule for which it is made.
    pub schedule_revision: i32,
}

/// Something a person is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notification {
    /// A seat was taken.
    Confirmation,
    /// A place in the queue was taken.
    Waitlist {
        /// From 1.
        position: u32,
    },
    /// The queue moved: a seat.
    Promotion,
    /// Given back.
    Cancellation,
}

/// What to write and what to say.
#[derive(Debug, Default)]
pub struct Plan {
    /// The competition afterwards, if anything about it changed.
    pub state: Option<CompetitionState>,
    /// The version that was read: the update is conditional on it.
    pub was_version: i64,
    /// What the organizer changed, all edits of the batch together, to be written with the book.
    pub revision: Option<Box<CompetitionPatch>>,
    /// What the audit log is to say about the organizer's changes.
    pub audit: Vec<Record>,
    /// Registrations to insert.
    pub insert: Vec<NewRegistration>,
    /// Registrations that move from WAITLISTED to PENDING, those of `insert` included.
    pub promote: Vec<RegistrationId>,
    /// Registrations that become CANCELLED.
    pub cancel: Vec<RegistrationId>,
    /// Answers to store.
    pub remember: Vec<(UserId, IdempotencyKey, Stored)>,
    /// Whom to tell what.
    pub notifications: Vec<(RegistrationId, UserId, Notification)>,
    /// Schedules that no longer hold, with their numbers: everyone is to be told of the new one.
    pub former_schedules: Vec<(i32, Schedule)>,
    /// Whether everyone is to be told that it is called off.
    pub called_off: bool,
    /// Whether seats are free for more people who queue than were read: another transaction has to
    /// go on.
    pub unfinished: bool,
    /// A reply for each command, in their order.
    pub replies: Vec<Reply>,
}

impl Plan {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn writes_nothing(&self) -> bool {
        self.state.is_none() && self.remember.is_empty()
    }

    /// Whether anybody's registration comes to be, moves or ends.
    pub(super) fn moves_somebody(&self) -> bool {
        !(self.insert.is_empty() && self.promote.is_empty() && self.cancel.is_empty())
    }
}
