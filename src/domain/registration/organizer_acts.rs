//! What organizers do to the participants of a competition: cancel, promote and notify many at once, and add one.
//!
//! Everything that moves seats is a command of the competition's registration queue, so it is decided under the
//! same row lock as registrations. A preview makes the same decision from a snapshot, and writes nothing.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use super::{
    command::{Command, Reply, StartedBatch},
    competition_state::CompetitionState,
    decide::{DecisionContext, decide},
    organizer_commands::{Addition, BulkAct},
    outcome::RegistrationReply,
    read_snapshots::{read_divisions, read_snapshots},
    service::Registrations,
};
use crate::{
    domain::{Actor, Error, Result, audit::AuditEvent},
    model::{
        AuditAction, AuditOutcome, BulkAction, BulkResultView, CompetitionId, DivisionId,
        DomainError, IdempotencyKey, RegistrationId, UserId,
        forms::{BULK_MAX, BulkInput, MATCHING_MAX, NewParticipant},
    },
    store::{InfrastructureError, TimeLimits, entity::competition},
};

/// How long an act waits for others to end.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an act waits for its reply.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Registrations {
    /// Acts on many registrations in one transaction, for the organizer of their competition. The same `key` with
    /// the same input gives the first outcome again.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, [`DomainError::Forbidden`] if `actor`
    /// does not run it, [`DomainError::Invalid`], [`DomainError::IdempotencyKeyReused`], or
    /// [`DomainError::Overloaded`] if nothing happened yet.
    pub async fn act(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: Option<&IdempotencyKey>,
        input: BulkInput,
    ) -> Result<RegistrationReply> {
        self.act_on(actor, competition, key, input, BULK_MAX).await
    }

    /// Acts on registrations that an organizer has chosen in the list, up to [`MATCHING_MAX`] of them.
    ///
    /// # Errors
    /// Returns the errors of [`act`](Self::act).
    pub async fn act_on_chosen(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: &IdempotencyKey,
        input: BulkInput,
    ) -> Result<RegistrationReply> {
        self.act_on(actor, competition, Some(key), input, MATCHING_MAX)
            .await
    }

    async fn act_on(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: Option<&IdempotencyKey>,
        input: BulkInput,
        most: usize,
    ) -> Result<RegistrationReply> {
        self.run_by(actor, competition).await?;
        let input = input.check(most)?;
        if input.dry_run {
            let act = self.bulk_act(actor, competition, None, input);
            return self
                .decide_only(competition, Command::Act(Box::new(act)))
                .await;
        }
        let act = self.bulk_act(actor, competition, key, input);
        let _permit = self.permit().await?;
        self.execute_outcome(competition, Command::Act(Box::new(act)))
            .await
    }

    /// Returns what an act on registrations that were chosen in the list would do at this moment.
    ///
    /// # Errors
    /// Returns the same errors as [`act`](Self::act), and [`DomainError::RegistrationClosed`] if the competition is
    /// not published.
    pub async fn preview(
        &self,
        actor: Actor,
        competition: CompetitionId,
        input: BulkInput,
    ) -> Result<BulkResultView> {
        let input = BulkInput {
            dry_run: true,
            ..input
        };
        let reply = self
            .act_on(actor, competition, None, input, MATCHING_MAX)
            .await?;
        match reply.outcome()?.bulk() {
            Ok(result) => Ok(result.clone()),
            Err(error) => Err(error.clone().into()),
        }
    }

    /// Adds an account to a competition for its organizer, whether registration is open, paused or closed. It takes
    /// a seat or joins the waitlist as if it registered itself.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`] if the account can't take part, and the errors of [`act`](Self::act).
    pub(in crate::domain) async fn add(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: Option<&IdempotencyKey>,
        user: UserId,
        participant: &NewParticipant,
    ) -> Result<RegistrationReply> {
        let event = AuditEvent::by(actor, AuditAction::ParticipantAdd, AuditOutcome::Done);
        let event = event.on(Some(competition)).with(json!({ "account": user }));
        let mut request = json!({ "email": participant.email, "name": participant.name });
        if let Some(division) = participant.division_id {
            request["divisionId"] = json!(division);
        }
        let addition = Addition {
            by: actor,
            user,
            division: participant.division_id,
            key: key.cloned().unwrap_or_else(IdempotencyKey::mint),
            fingerprint: fingerprint("participants", competition, &request),
            record: self.audit.record(event),
        };
        self.execute_outcome(competition, Command::Add(Box::new(addition)))
            .await
    }

    /// Checks whether `actor` can add somebody who has no account yet: nobody gets an account who gets no place.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::RegistrationClosed`],
    /// [`DomainError::CompetitionFull`], [`DomainError::DivisionFull`] or [`DomainError::Invalid`].
    pub(in crate::domain) async fn takes_additions(
        &self,
        actor: Actor,
        competition: CompetitionId,
        division: Option<DivisionId>,
    ) -> Result<()> {
        let mut state = CompetitionState::from(self.run_by(actor, competition).await?);
        if state.has_divisions {
            let mut divisions = read_divisions(self.database.read(), &[competition]).await?;
            state.divisions = divisions.remove(&competition).unwrap_or_default();
        }
        state.takes_additions()?;
        let division = state.chosen_division(division)?;
        match state.rules.waitlist_enabled {
            true => Ok(()),
            false => Ok(state.spare_seat(division)?),
        }
    }

    fn bulk_act(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: Option<&IdempotencyKey>,
        input: BulkInput,
    ) -> BulkAct {
        let action = match input.action {
            BulkAction::Cancel => AuditAction::RegistrationsCancel,
            BulkAction::Promote => AuditAction::RegistrationsPromote,
            BulkAction::Resend => AuditAction::RegistrationsResend,
        };
        let event = AuditEvent::by(actor, action, AuditOutcome::Done);
        BulkAct {
            by: actor,
            key: key.cloned(),
            fingerprint: fingerprint("bulk", competition, &json!(input)),
            action: input.action,
            ids: input.ids,
            reason: input.reason,
            dry_run: input.dry_run,
            record: self.audit.record(event.on(Some(competition))),
        }
    }

    /// Waits until another act has ended, if there are too many.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        let acts: &Arc<Semaphore> = &self.acts;
        let busy = DomainError::Overloaded { retry_after: 5 };
        let permit = timeout(QUEUE_TIMEOUT, Arc::clone(acts).acquire_owned()).await;
        match permit {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(busy.into()),
        }
    }

    /// Queues a command, and waits for its outcome.
    pub(super) async fn execute_outcome(
        &self,
        competition: CompetitionId,
        command: Command,
    ) -> Result<RegistrationReply> {
        let mut pending = self.queues.submit(competition, command)?;
        let Some(reply) = pending.reply_by(Instant::now() + TIMEOUT).await else {
            // The response says that nothing happened, so the command must not be started later.
            pending.withdraw();
            return Err(DomainError::Overloaded { retry_after: 2 }.into());
        };
        outcome_of(reply?)
    }

    /// Decides a command from a snapshot of the database, and writes nothing.
    async fn decide_only(
        &self,
        competition: CompetitionId,
        command: Command,
    ) -> Result<RegistrationReply> {
        let snapshot = self.database.begin_snapshot(TimeLimits::ORDINARY).await?;
        let row = competition::Entity::existing_by_id(competition)
            .one(&snapshot)
            .await?;
        let states: HashMap<_, _> = row
            .map(|row| (competition, CompetitionState::from(row)))
            .into_iter()
            .collect();
        let now = self.clock.now();
        let batch = StartedBatch {
            competition,
            commands: vec![command].into(),
        };
        let batches = std::slice::from_ref(&batch);
        let read = read_snapshots(&snapshot, &states, batches, now, &self.codec).await;
        snapshot.rollback().await?;
        let mut replies = Vec::new();
        for snapshot in read? {
            let context = DecisionContext {
                now,
                expires_at: now,
                confirms_addresses: true,
                encode: self.codec.encode,
            };
            let plan = decide(snapshot, &batch.commands, &context, RegistrationId::new)?;
            replies.extend(plan.replies);
        }
        let reply = replies.pop();
        outcome_of(reply.ok_or_else(|| InfrastructureError::internal("a command without a reply"))?)
    }
}

fn outcome_of(reply: Reply) -> Result<RegistrationReply> {
    match reply {
        Reply::Outcome(reply) => Ok(reply),
        Reply::Done(Err(error)) => Err(error.into()),
        Reply::Done(Ok(())) | Reply::OtherQuestions => Err(Error::Infrastructure(
            InfrastructureError::internal("an act without an outcome"),
        )),
    }
}

/// Returns a digest of a request. It tells apart two requests under one idempotency key.
pub(super) fn fingerprint(
    what: &str,
    competition: CompetitionId,
    request: &serde_json::Value,
) -> String {
    hex::encode(Sha256::digest(format!("{what} {competition} {request}")))
}
