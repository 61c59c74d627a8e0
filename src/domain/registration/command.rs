//! Commands that change a competition's seats, the batches in which they are committed, and the replies.

use std::{
    borrow::Cow,
    collections::HashMap,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{
    code_commands::CodeChange,
    competition_state::CompetitionState,
    organizer_commands::{Addition, BulkAct, DivisionChange, FormerRegistration, RemovalUndo},
    outcome::RegistrationReply,
};
use crate::{
    domain::Actor,
    model::{
        Answers, CompetitionId, DivisionId, DomainError, IdempotencyKey, Language, RegistrationId,
        UserId, forms::CompetitionPatch,
    },
    store::{InfrastructureError, audit::Record},
};

/// How long after it was queued a command may be started. No request waits longer, so an older command
/// belongs to a client that has disconnected, and is not executed either.
pub(super) const LIFETIME: Duration = Duration::from_secs(11);

/// A change that moves seats or edits a competition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Takes a seat, or joins the waitlist.
    Register {
        /// The participant who registers.
        user: UserId,
        /// The request's idempotency key.
        key: IdempotencyKey,
        /// The division that the participant has chosen, if any.
        division: Option<DivisionId>,
        /// The answers of the participant.
        answers: CheckedAnswers,
        /// The digest of the code that was typed, if any; empty if it can't be a code.
        code: Option<String>,
        /// The digest of the request.
        fingerprint: String,
        /// The language of the response. It is no part of the digest: a repeat gets the first response, whatever
        /// language it asks for.
        language: Language,
    },
    /// Cancels a participant's registration.
    Cancel {
        /// The registration to cancel.
        registration: RegistrationId,
        /// The account that asks; only the registration's owner may cancel it.
        by: UserId,
    },
    /// Adds a participant for the organizer.
    Add(Box<Addition>),
    /// Cancels, promotes or notifies many registrations for the organizer.
    Act(Box<BulkAct>),
    /// Registers again whom the organizer has removed.
    Undo(Box<RemovalUndo>),
    /// Applies an organizer's edit of the competition.
    Revise(Box<Revision>),
    /// Pauses registration or resumes it.
    SetPaused(Box<PauseChange>),
    /// Adds, edits or removes a division.
    ChangeDivision(Box<DivisionChange>),
    /// Adds, edits or deletes codes.
    ChangeCodes(Box<CodeChange>),
    /// Gives free seats to the waitlist, which every batch does, and nothing else.
    PromoteWaitlist,
    /// Does nothing: the request withdrew the command before it was started.
    Withdrawn,
}

impl Command {
    /// Returns the idempotency key of the command, with the account to which it belongs.
    pub(super) fn idempotency_key(&self) -> Option<(UserId, &IdempotencyKey)> {
        match self {
            Self::Register { user, key, .. } => Some((*user, key)),
            Self::Add(addition) => Some((addition.by.id, &addition.key)),
            Self::Act(act) => act.key.as_ref().map(|key| (act.by.id, key)),
            Self::Undo(undo) => Some((undo.by.id, &undo.key)),
            Self::Cancel { .. }
            | Self::Revise(_)
            | Self::SetPaused(_)
            | Self::ChangeDivision(_)
            | Self::ChangeCodes(_)
            | Self::PromoteWaitlist
            | Self::Withdrawn => None,
        }
    }

    /// Returns the account that acts for the organizer of the competition.
    pub(super) fn acts_for_organizer(&self) -> Option<Actor> {
        match self {
            Self::Add(addition) => Some(addition.by),
            Self::Act(act) => Some(act.by),
            Self::Undo(undo) => Some(undo.by),
            Self::Revise(revision) => Some(revision.by),
            Self::SetPaused(change) => Some(change.by),
            Self::ChangeDivision(change) => Some(change.by),
            Self::ChangeCodes(change) => Some(change.by),
            Self::Register { .. }
            | Self::Cancel { .. }
            | Self::PromoteWaitlist
            | Self::Withdrawn => None,
        }
    }

    /// Returns the accounts that get a registration.
    pub(super) fn new_participants(&self) -> impl Iterator<Item = UserId> + '_ {
        let one = match self {
            Self::Register { user, .. } => Some(*user),
            Self::Add(addition) => Some(addition.user),
            _ => None,
        };
        let many: &[FormerRegistration] = match self {
            Self::Undo(undo) => &undo.people,
            _ => &[],
        };
        one.into_iter().chain(many.iter().map(|former| former.user))
    }
}

/// Answers that were checked against the questions of the competition as they were after so many changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckedAnswers {
    /// The number of changes of the questions against which the answers were checked.
    pub revision: i32,
    /// The answers, which may be none.
    pub answers: Answers,
}

/// An organizer's edit of a competition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The account that edits.
    pub by: Actor,
    /// The fields that change, validated.
    pub patch: CompetitionPatch,
    /// Whether participants get a message about a new time or location.
    pub notifies: bool,
    /// The version that the edit is based on, if the client named one. It must include every earlier
    /// edit; registrations since then don't matter.
    pub expected_version: Option<i64>,
    /// The entry of the audit log, written in the same transaction.
    pub record: Option<Record>,
}

/// The pause of registration for a competition, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseChange {
    /// The account that pauses or resumes.
    pub by: Actor,
    /// Whether registration is paused from now on.
    pub paused: bool,
    /// The entry of the audit log, written in the same transaction.
    pub record: Option<Record>,
}

/// The reply to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To a registration or an organizer's act: an outcome that is stored under its key.
    Outcome(RegistrationReply),
    /// To every other command, and to a registration whose outcome is not stored.
    Done(Result<(), DomainError>),
    /// To a registration whose answers were checked against other questions than the competition has. Nothing was done: they
    /// have to be checked again.
    OtherQuestions,
}

/// Whether a queued command may still be started. Cheap to clone.
///
/// A request that timed out has responded that nothing happened, so its command must not be started later.
/// A client that merely disconnected got no response: its command is executed, and its key finds the
/// outcome.
#[derive(Debug, Clone)]
pub(super) struct Validity {
    withdrawn: Arc<AtomicBool>,
    expires_at: Instant,
}

impl Validity {
    /// Starts the command's [`LIFETIME`].
    pub(super) fn new() -> Self {
        Self {
            withdrawn: Arc::default(),
            expires_at: Instant::now() + LIFETIME,
        }
    }

    /// Returns whether the command may be started.
    pub(super) fn holds(&self) -> bool {
        !self.withdrawn.load(Relaxed) && Instant::now() < self.expires_at
    }

    /// Withdraws the command, unless it was started already.
    pub(super) fn withdraw(&self) {
        self.withdrawn.store(true, Relaxed);
    }
}

/// The commands of one competition that are decided together.
#[derive(Debug)]
pub(super) struct Batch {
    pub competition: CompetitionId,
    /// The commands in the order in which they were queued. Without any, the batch only gives free
    /// seats to the waitlist.
    pub commands: Vec<Command>,
    /// For each command, whether it may still be started.
    pub validities: Vec<Validity>,
}

impl Batch {
    /// Returns whether a command of the batch edits the competition, its divisions or its codes, or pauses or resumes its
    /// registration.
    pub(super) fn edits(&self) -> bool {
        let edit = |command: &Command| {
            matches!(
                command,
                Command::Revise(_)
                    | Command::SetPaused(_)
                    | Command::ChangeDivision(_)
                    | Command::ChangeCodes(_)
            )
        };
        self.commands.iter().any(edit)
    }

    /// Returns the batch as it is now: commands that may not be started any more do nothing.
    pub(super) fn start(&self) -> StartedBatch<'_> {
        let commands = if self.validities.iter().all(Validity::holds) {
            Cow::Borrowed(&*self.commands)
        } else {
            let commands = self.commands.iter().zip(&self.validities);
            let started = commands.map(|(command, validity)| match validity.holds() {
                true => command.clone(),
                false => Command::Withdrawn,
            });
            Cow::Owned(started.collect())
        };
        StartedBatch {
            competition: self.competition,
            commands,
        }
    }
}

/// A batch within a transaction.
pub(super) struct StartedBatch<'a> {
    pub competition: CompetitionId,
    pub commands: Cow<'a, [Command]>,
}

/// What a committed batch leaves to do: replies to send, and seats to publish.
#[derive(Debug, Default)]
pub(super) struct CommittedBatch {
    /// A reply for each command, in their order.
    pub replies: Vec<Reply>,
    /// The competition after the commit, if the batch changed it or may have changed it in an earlier
    /// attempt.
    pub state: Option<CompetitionState>,
    /// The accounts whose registrations were changed.
    pub changed_accounts: Vec<UserId>,
    /// Whether registrations on the waitlist have moved.
    pub waitlist_moved: bool,
    /// Whether free seats remain for more of the waitlist than one transaction promotes.
    pub unfinished: bool,
}

/// What a transaction does about competitions whose rows another transaction holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockedRows {
    /// Waits for them, within [`TimeLimits::REGISTRATION`](crate::store::TimeLimits::REGISTRATION).
    Wait,
    /// Leaves their batches out.
    Skip,
}

/// The batches that a transaction committed, by competition.
pub(super) type CommittedBatches = HashMap<CompetitionId, CommittedBatch>;

/// Runs batches in one transaction. Unit tests of the group commit implement it without a database.
pub(super) trait RunBatches: Send + Sync + 'static {
    /// Runs the batches of different competitions in one transaction. With [`LockedRows::Skip`], the
    /// batches of competitions whose rows are held are missing in the result.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if nothing is known to be committed. Running the same
    /// commands again is safe: an outcome that was committed is found under its key.
    fn run(
        &self,
        batches: &[Arc<Batch>],
        locked_rows: LockedRows,
    ) -> impl Future<Output = Result<CommittedBatches, InfrastructureError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawn_command_does_nothing_and_the_others_keep_their_places() {
        let cancel = || Command::Cancel {
            registration: RegistrationId::new(),
            by: UserId::new(),
        };
        let batch = Batch {
            competition: CompetitionId::new(),
            commands: vec![cancel(), cancel(), cancel()],
            validities: vec![Validity::new(), Validity::new(), Validity::new()],
        };
        assert_eq!(*batch.start().commands, *batch.commands);
        batch.validities[1].withdraw();
        let started = batch.start().commands.into_owned();
        let [first, _, last] = &batch.commands[..] else {
            panic!("three commands");
        };
        assert_eq!(started, [first.clone(), Command::Withdrawn, last.clone()]);
    }
}
