//! What can be asked of a competition's desk.

use sha2::{Digest, Sha256};

use super::outcome::Stored;
use crate::{
    domain::Actor,
    model::{
        CompetitionId, DomainError, IdempotencyKey, RegistrationId, UserId, forms::CompetitionPatch,
    },
    store::audit::Record,
};

/// A wish that changes who holds a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A seat or a place in the queue.
    Register {
        /// For whom.
        user: UserId,
        /// Under which key.
        key: IdempotencyKey,
        /// Of the request, see [`fingerprint`].
        fingerprint: String,
    },
    /// Give a seat or place back.
    Cancel {
        /// Which.
        registration: RegistrationId,
        /// Who wants it; only its owner may.
        by: UserId,
    },
    /// The organizer changes the competition.
    Revise(Box<Revision>),
    /// Seats people who queue while seats are free: everything does, this asks for nothing else.
    SeatWaiting,
}

/// An organizer's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Who wants it.
    pub by: Actor,
    /// The fields that change, checked.
    pub patch: CompetitionPatch,
    /// The version it was based on, if they said: it must hold everything that organizers decided
    /// since, while seats may have been taken and given back.
    pub expected_version: Option<i64>,
    /// What the audit log is to say about it, in the same transaction.
    pub record: Option<Record>,
}

/// What the desk says to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To a registration: an answer that is stored under its key.
    Answer {
        /// It.
        stored: Stored,
        /// Whether it was given before.
        replayed: bool,
    },
    /// To anything else, and to what is not stored: done, or why not.
    Done(Result<(), DomainError>),
}

/// What tells two requests under one key apart: SHA-256 over what is asked, hex. The body of a
/// registration says nothing (empty or `{}`), so it is the competition alone.
#[must_use]
pub fn fingerprint(competition: CompetitionId) -> String {
    hex::encode(Sha256::digest(format!(
        "POST /competitions/{competition}/registrations {{}}"
    )))
}
