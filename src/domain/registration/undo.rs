//! Undoing a removal: the participants whom an organizer has removed by mistake come back.
//!
//! A removal is known by the idempotency key of its request, under which its outcome is stored for longer than it can be
//! undone. What it has cancelled stays cancelled: participants come back with new registrations, which are decided like
//! all others, so that each registration has its messages once and in order.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::{
    answers::stored_answers,
    command::Command,
    organizer_acts::fingerprint,
    organizer_commands::{FormerRegistration, RemovalUndo},
    outcome::StoredResponse,
    service::Registrations,
};
use crate::{
    domain::{Actor, Result, audit::AuditEvent},
    model::{
        AuditAction, AuditOutcome, BulkAction, BulkOutcome, CompetitionId, DomainError,
        IdempotencyKey, RegistrationId, RegistrationStatus, UNDO_MINUTES, UndoneView, UserId,
    },
    store::{
        InfrastructureError, bulk,
        entity::{idempotency_log, registration},
    },
};

impl Registrations {
    /// Registers those again whom `actor` has removed from a competition by the request with the key `removal`, unless they
    /// have registered again since. A removal is undone once: another request gets the outcome of the first.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition or no such removal by `actor`,
    /// [`DomainError::Forbidden`] if `actor` does not run it, [`DomainError::Invalid`] if it is too late, or
    /// [`DomainError::Overloaded`] if nothing happened yet.
    pub async fn undo_removal(
        &self,
        actor: Actor,
        competition: CompetitionId,
        removal: &IdempotencyKey,
    ) -> Result<UndoneView> {
        self.run_by(actor, competition).await?;
        // Before thousands of rows are read.
        let _permit = self.permit().await?;
        let removed = self.removed_by(actor, competition, removal).await?;
        let removed_at = removed.iter().filter_map(|row| row.cancelled_at).min();
        let removed_at = removed_at.ok_or(DomainError::NotFound)?;
        let again = self
            .registered_since(competition, &removed, removed_at)
            .await?;
        let number = removed.len();
        let people = removed.into_iter();
        let people: Vec<_> = people
            .filter(|row| !again.contains(&row.user_id))
            .map(FormerRegistration::from)
            .collect();
        let digest = fingerprint("undo", competition, &json!(removal));
        let key = IdempotencyKey::stored(format!("undo:{digest}"));
        let event = AuditEvent::by(actor, AuditAction::RegistrationsRestore, AuditOutcome::Done);
        let undo = RemovalUndo {
            by: actor,
            key: key.map_err(InfrastructureError::internal)?,
            fingerprint: digest,
            until: removed_at + TimeDelta::minutes(UNDO_MINUTES.into()),
            registered_again: u32::try_from(number - people.len())
                .map_err(InfrastructureError::internal)?,
            people,
            record: self.audit.record(event.on(Some(competition))),
        };
        let reply = self
            .execute_outcome(competition, Command::Undo(Box::new(undo)))
            .await?;
        match reply.outcome()?.undone() {
            Ok(undone) => Ok(undone),
            Err(error) => Err(error.clone().into()),
        }
    }

    /// Returns the registrations that a removal has cancelled: those that had a seat, in the order in which they were made,
    /// and then those that waited, in the order of the waitlist.
    async fn removed_by(
        &self,
        actor: Actor,
        competition: CompetitionId,
        removal: &IdempotencyKey,
    ) -> Result<Vec<registration::Model>> {
        use registration::{Column, Entity};
        let database = self.database.read();
        let key = (actor.id, removal.as_str().to_owned());
        let stored = idempotency_log::Entity::find_by_id(key)
            .one(database)
            .await?;
        let stored = stored.ok_or(DomainError::NotFound)?;
        let response = StoredResponse {
            status: u16::try_from(stored.response_status).map_err(InfrastructureError::internal)?,
            body: (self.codec.canonical)(&stored.response),
        };
        // The key may be that of something else that the account has done.
        let outcome = (self.codec.decode)(&response).map_err(|_| DomainError::NotFound)?;
        let Some(result) = outcome
            .bulk()
            .ok()
            .filter(|result| result.action == BulkAction::Cancel)
        else {
            return Err(DomainError::NotFound.into());
        };
        let cancelled = result.results.iter();
        let cancelled = cancelled.filter(|item| item.outcome == BulkOutcome::Done);
        let ids: Vec<RegistrationId> = cancelled.map(|item| item.registration_id).collect();
        let mut rows = Entity::find()
            .filter(bulk::among(
                self.database.backend(),
                (Entity, Column::Id),
                &ids,
            ))
            .filter(Column::CompetitionId.eq(competition))
            .filter(Column::Status.eq(RegistrationStatus::Cancelled))
            .all(database)
            .await?;
        rows.sort_by_key(|row| {
            let waited = row.waitlist_seq.is_some() && row.promoted_at.is_none();
            // Who had come back to an old place before was registered after those behind it.
            let place = row.waitlist_seq.filter(|_| waited);
            (waited, place, row.registered_at, row.id)
        });
        Ok(rows)
    }

    /// Returns which of the accounts have registered again since the removal. They have decided for themselves, also if
    /// they cancelled that registration, or were removed from it by another request.
    async fn registered_since(
        &self,
        competition: CompetitionId,
        removed: &[registration::Model],
        removed_at: DateTime<Utc>,
    ) -> Result<HashSet<UserId>> {
        use registration::{Column, Entity};
        type Row = (RegistrationId, UserId, CompetitionId, DateTime<Utc>);
        let former: HashMap<UserId, _> = removed
            .iter()
            .map(|row| (row.user_id, (row.registered_at, row.id)))
            .collect();
        let users: Vec<UserId> = former.keys().copied().collect();
        // By the index of their accounts, each of which has few: the competition may have had a million since.
        let rows: Vec<Row> = Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::UserId,
                Column::CompetitionId,
                Column::RegisteredAt,
            ])
            .filter(bulk::among(
                self.database.backend(),
                (Entity, Column::UserId),
                &users,
            ))
            .filter(Column::RegisteredAt.gte(removed_at))
            .into_tuple()
            .all(self.database.read())
            .await?;
        let is_later = |(id, user, at, registered_at): Row| {
            let before = former.get(&user)?;
            (at == competition && (registered_at, id) > *before).then_some(user)
        };
        Ok(rows.into_iter().filter_map(is_later).collect())
    }
}

impl From<registration::Model> for FormerRegistration {
    fn from(row: registration::Model) -> Self {
        Self {
            id: row.id,
            user: row.user_id,
            division: row.division_id,
            code: row.code_id,
            waitlist_seq: row.waitlist_seq,
            answers: stored_answers(&row).unwrap_or_default(),
        }
    }
}
