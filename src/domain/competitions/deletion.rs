//! Deletes competitions: at once, and unless people who are registered await them.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Func},
};
use serde_json::json;

use super::Competitions;
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        registration,
        webhooks::{self, events::EventCompetition},
    },
    jobs::outbox,
    model::{AuditAction, AuditOutcome, CompetitionId, CompetitionStatus, DomainError, Permission},
    store::{audit, entity::competition, search as search_index},
};

impl Competitions {
    /// Deletes a competition with its registrations. It disappears at once; a job deletes its rows and
    /// writes a message to each participant if the competition had not started. `expected` is as
    /// for [`edit`](Self::edit).
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::PreconditionFailed`].
    pub async fn delete(
        &self,
        actor: Actor,
        id: CompetitionId,
        expected: Option<i64>,
    ) -> Result<()> {
        if self.remove(actor, id, expected, Condition::all()).await? {
            return Ok(());
        }
        let error = match expected {
            Some(_) => DomainError::PreconditionFailed,
            None => DomainError::NotFound,
        };
        Err(error.into())
    }

    /// Deletes a competition unless people are registered for it and it is still ahead: those are told by a
    /// cancellation first. Returns whether it was deleted.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`].
    pub async fn delete_unless_awaited(&self, actor: Actor, id: CompetitionId) -> Result<bool> {
        use competition::Column;
        let end = Func::coalesce([Expr::col(Column::EndsAt), Expr::col(Column::StartsAt)]);
        let unawaited = Condition::any()
            .add(Column::Status.ne(CompetitionStatus::Published))
            .add(Expr::expr(end).lt(self.clock.now()))
            .add(
                Expr::col(Column::SeatsLeft)
                    .eq(Expr::col(Column::Capacity))
                    .and(Column::Waitlisted.eq(0)),
            );
        self.remove(actor, id, None, unawaited).await
    }

    /// Marks a competition as deleted if it meets a condition, and enqueues the job that deletes its rows. Returns
    /// whether it did.
    async fn remove(
        &self,
        actor: Actor,
        id: CompetitionId,
        expected: Option<i64>,
        condition: Condition,
    ) -> Result<bool> {
        let (row, _) = self.permitted(actor, id, Permission::Delete).await?;
        let event = AuditEvent::by(actor, AuditAction::CompetitionDelete, AuditOutcome::Done);
        let event = event.on(Some(id)).with(json!({ "status": row.status }));
        let record = self.audit.record(event);
        let now = self.clock.now();
        let mut mark = competition::Entity::update_many()
            .col_expr(competition::Column::DeletedAt, Expr::value(now))
            .col_expr(
                competition::Column::Version,
                Expr::col(competition::Column::Version).add(1),
            )
            .filter(competition::Column::Id.eq(id))
            .filter(competition::Column::DeletedAt.is_null())
            .filter(condition);
        if let Some(version) = expected {
            mark = mark
                .filter(competition::Column::EditedAtVersion.lte(version))
                .filter(competition::Column::Version.gte(version));
        }
        let removal = registration::deletion(id)?;
        let transaction = self.database.begin().await?;
        let marked = mark.exec(&transaction).await?.rows_affected;
        if marked == 0 {
            return Ok(false);
        }
        // As it is now: after an edit that came in between, a version from before would be that of its event.
        let row = competition::Entity::find_by_id(id)
            .one(&transaction)
            .await?
            .ok_or(DomainError::NotFound)?;
        let event = EventCompetition::deleted(&row);
        let mut jobs = webhooks::fan_out::write_change(&transaction, event, now).await?;
        jobs.push(removal);
        outbox::write(&transaction, &jobs, now).await?;
        search_index::write_documents(&transaction, &[row]).await?;
        audit::write(&transaction, &record).await?;
        self.changes.commit_edit(transaction, id).await?;
        audit::log_records(&record);
        self.outbox.committed(&jobs).await;
        self.seats.end(id).await;
        Ok(true)
    }
}
