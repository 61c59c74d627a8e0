//! The picture of a competition, as its row names it.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;

use super::{Competitions, row_view::counts_of};
use crate::{
    domain::{Actor, Result, audit::AuditEvent, picture_removal},
    jobs::outbox,
    model::{AuditAction, AuditOutcome, CompetitionId, DomainError, picture::Picture},
    store::{
        InfrastructureError, audit,
        entity::competition::{Column, Entity},
    },
};

impl Competitions {
    /// Names the picture of a competition, or none. This is an edit: it has a version of its own, open pages
    /// take it over, and the files of the picture before are deleted by a job.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub(in crate::domain) async fn set_picture(
        &self,
        actor: Actor,
        id: CompetitionId,
        picture: Option<&Picture>,
    ) -> Result<()> {
        self.owned(actor, id).await?;
        let event = AuditEvent::by(actor, AuditAction::CompetitionEdit, AuditOutcome::Done)
            .on(Some(id))
            .with(json!({ "changed": ["picture"] }));
        let record = self.audit.record(event);
        let stored = picture
            .map(serde_json::to_value)
            .transpose()
            .map_err(InfrastructureError::internal)?;
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        // The update locks the row, so that the picture before is read after all who replaced it.
        let next = Expr::col(Column::Version).add(1);
        let marked = Entity::update_many()
            .col_expr(Column::Version, next.clone())
            .col_expr(Column::EditedAtVersion, next)
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.eq(id))
            .filter(Column::DeletedAt.is_null())
            .exec(&transaction)
            .await?;
        let before = Entity::existing_by_id(id).one(&transaction).await?;
        let Some(before) = before.filter(|_| marked.rows_affected == 1) else {
            return Err(DomainError::NotFound.into());
        };
        Entity::update_many()
            .col_expr(Column::Picture, Expr::value(stored))
            .filter(Column::Id.eq(id))
            .exec(&transaction)
            .await?;
        let removal: Vec<_> = before.picture().iter().map(picture_removal::job).collect();
        outbox::write(&transaction, &removal, now).await?;
        audit::write(&transaction, &record).await?;
        self.changes.commit_edit(transaction, id).await?;
        audit::log_records(&record);
        self.outbox.committed(&removal).await;
        self.seats.publish(id, counts_of(before)).await;
        Ok(())
    }
}
