//! Reading the audit log.

use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{Actor, Audit, Inner, Result};
use crate::{
    domain::permissions,
    model::{
        AuditEventView, CompetitionId, DomainError, Page, Permission, Role,
        forms::{AuditFilter, Paging},
    },
    store::{
        InfrastructureError,
        entity::{
            audit_event::{Column, Entity, Model},
            competition,
        },
    },
};

/// The maximum number of events that a query counts and pages through. Older events are found by
/// narrowing the time range.
pub const TOTAL_MAX: u64 = 10_000;

impl Audit {
    /// Returns all events, newest first.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an
    /// administrator.
    pub async fn all(
        &self,
        actor: Actor,
        filter: AuditFilter,
        paging: Paging,
    ) -> Result<Page<AuditEventView>> {
        let allowed = actor.must_be(Role::Admin);
        self.access(actor, None, allowed).await?;
        self.page(filtered(filter), paging).await
    }

    /// Returns the events of a competition, newest first, without the hashes of networks.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is none, or
    /// [`DomainError::Forbidden`] if `actor` does not own it.
    pub async fn of_competition(
        &self,
        actor: Actor,
        competition: CompetitionId,
        filter: AuditFilter,
        paging: Paging,
    ) -> Result<Page<AuditEventView>> {
        let inner = self.inner()?;
        let database = inner.database.read();
        let row = competition::Entity::existing_by_id(competition);
        let row = row.one(database).await?.ok_or(DomainError::NotFound)?;
        permissions::require(database, self, actor, &row, Permission::SeeHistory).await?;
        let query = filtered(filter).filter(Column::SubjectId.eq(competition.0));
        let mut page = self.page(query, paging).await?;
        for event in &mut page.items {
            event.address_hash = None;
        }
        Ok(page)
    }

    async fn page(&self, query: Select<Entity>, paging: Paging) -> Result<Page<AuditEventView>> {
        let database = self.inner()?.database.read();
        // Counted up to a bound, from an index: the whole log may have millions of rows.
        let counted = query.clone().select_only().column(Column::Id);
        let total = counted.limit(TOTAL_MAX).count(database).await?;
        let left = TOTAL_MAX.saturating_sub(paging.offset());
        let rows = match left.min(paging.per_page) {
            0 => Vec::new(),
            limit => {
                query
                    .order_by_desc(Column::OccurredAt)
                    .order_by_desc(Column::Id)
                    .offset(paging.offset())
                    .limit(limit)
                    .all(database)
                    .await?
            }
        };
        Ok(Page {
            items: rows.into_iter().map(view).collect(),
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    fn inner(&self) -> Result<&Inner, InfrastructureError> {
        let inner = self.0.as_deref();
        inner.ok_or_else(|| InfrastructureError::internal("the audit log is off"))
    }
}

fn filtered(filter: AuditFilter) -> Select<Entity> {
    let mut query = Entity::find();
    if let Some(actor) = filter.actor {
        query = query.filter(Column::ActorId.eq(actor));
    }
    if let Some(action) = filter.action {
        query = query.filter(Column::Action.eq(action));
    }
    if let Some(from) = filter.from {
        query = query.filter(Column::OccurredAt.gte(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(Column::OccurredAt.lt(to));
    }
    query
}

fn view(row: Model) -> AuditEventView {
    AuditEventView {
        id: row.id,
        occurred_at: row.occurred_at,
        action: row.action,
        outcome: row.outcome,
        actor_id: row.actor_id,
        operator: row.operator,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        address_hash: row.address_hash,
        detail: row.detail,
    }
}
