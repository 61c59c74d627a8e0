//! What an organizer does to registrations and divisions: the commands, which are decided like those of participants.

use chrono::{DateTime, Utc};

use crate::{
    domain::Actor,
    model::{
        Answers, BulkAction, CodeId, DivisionId, IdempotencyKey, RegistrationId, UserId,
        forms::{DivisionInput, DivisionPatch},
    },
    store::audit::Record,
};

/// A participant whom an organizer adds, whether or not registration is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The organizer, to whom the idempotency key belongs.
    pub by: Actor,
    /// The account of the participant.
    pub user: UserId,
    /// The division, which a competition with divisions requires.
    pub division: Option<DivisionId>,
    /// The request's idempotency key.
    pub key: IdempotencyKey,
    /// The digest of the request.
    pub fingerprint: String,
    /// The entry of the audit log, written if the participant is added.
    pub record: Option<Record>,
}

/// An act of an organizer on many registrations at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkAct {
    /// The organizer, to whom the idempotency key belongs.
    pub by: Actor,
    /// The request's idempotency key, if it has one.
    pub key: Option<IdempotencyKey>,
    /// The digest of the request.
    pub fingerprint: String,
    /// What is done to each registration.
    pub action: BulkAction,
    /// The registrations, each once.
    pub ids: Vec<RegistrationId>,
    /// Why they are cancelled, as the participants are told.
    pub reason: Option<String>,
    /// Whether nothing is to be written.
    pub dry_run: bool,
    /// The entry of the audit log, written if anything is done.
    pub record: Option<Record>,
}

/// The undoing of a removal, for the organizer who has removed the participants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalUndo {
    /// The organizer, to whom the idempotency key belongs.
    pub by: Actor,
    /// The idempotency key, which is always the same for one removal: it is undone once.
    pub key: IdempotencyKey,
    /// The digest of the request.
    pub fingerprint: String,
    /// The moment from which on the removal is not undone any more.
    pub until: DateTime<Utc>,
    /// The registrations that the removal has cancelled, in the order in which their participants come back.
    pub people: Vec<FormerRegistration>,
    /// The number of further participants whom the removal has cancelled, and who have registered again since.
    pub registered_again: u32,
    /// The entry of the audit log, written if anybody comes back.
    pub record: Option<Record>,
}

/// A registration that is cancelled. It stays so: its participant comes back with a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerRegistration {
    pub id: RegistrationId,
    /// The participant who held it.
    pub user: UserId,
    /// The division, if the competition had any.
    pub division: Option<DivisionId>,
    /// The code with which the participant had registered, if any.
    pub code: Option<CodeId>,
    /// Its number in the order of the waitlist, if it was ever waitlisted.
    pub waitlist_seq: Option<i64>,
    /// The answers of the participant, which may be none.
    pub answers: Answers,
}

/// An organizer's change of a competition's divisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DivisionChange {
    /// The account that changes them.
    pub by: Actor,
    pub action: DivisionAction,
    /// The entry of the audit log, written in the same transaction.
    pub record: Option<Record>,
}

/// What is done to a division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DivisionAction {
    /// Adds one with this id, behind the others.
    Add(DivisionId, DivisionInput),
    /// Changes some of its fields.
    Edit(DivisionId, DivisionPatch),
    /// Removes the one with this id.
    Remove(DivisionId),
}
