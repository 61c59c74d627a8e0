//! What was sent to a webhook: its deliveries, for their owner, who may have them sent once more.
//!
//! Whether a delivery is under way follows from its job, so the two can't contradict each other.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::{Webhooks, delivery};
use crate::{
    domain::{Actor, Result, rate_limits::RateLimit},
    jobs::outbox,
    model::{
        DomainError, WebhookDeliveryId, WebhookDeliveryList, WebhookDeliveryStatus,
        WebhookDeliveryView, WebhookId,
    },
    store::{
        InfrastructureError, bulk,
        entity::{outbox_job, webhook_delivery},
    },
};

/// The number of deliveries that a list shows.
const LISTED: u64 = 50;

impl Webhooks {
    /// Returns deliveries of a webhook of the actor, the newest first: those before `after`, if it is given.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] or [`DomainError::NotFound`].
    pub async fn deliveries(
        &self,
        actor: Actor,
        id: WebhookId,
        after: Option<WebhookDeliveryId>,
    ) -> Result<WebhookDeliveryList> {
        use webhook_delivery::Column;
        self.own(actor, id).await?;
        let read = self.0.database.read();
        let mut query = webhook_delivery::Entity::find().filter(Column::WebhookId.eq(id));
        if let Some(after) = after {
            query = query.filter(Column::Id.lt(after));
        }
        let mut rows = query
            .order_by_desc(Column::Id)
            .limit(LISTED + 1)
            .all(read)
            .await?;
        let is_full = rows.len() as u64 > LISTED;
        rows.truncate(usize::try_from(LISTED).unwrap_or(usize::MAX));
        let ids: Vec<_> = rows.iter().map(|row| row.id.0).collect();
        let open = self.open_jobs(&ids).await?;
        let next = rows.last().filter(|_| is_full).map(|row| row.id);
        let items = rows
            .into_iter()
            .map(|row| delivery_view(row, &open))
            .collect();
        Ok(WebhookDeliveryList { items, next })
    }

    /// Has a delivery sent once more, whatever became of it. What is being sent already is not sent twice.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`], [`DomainError::NotFound`], or [`DomainError::TooManyRequests`].
    pub async fn replay(
        &self,
        actor: Actor,
        id: WebhookId,
        delivery: WebhookDeliveryId,
    ) -> Result<()> {
        use webhook_delivery::Column;
        self.own(actor, id).await?;
        self.count(RateLimit::WEBHOOK_REPLAYS, actor).await?;
        let transaction = self.0.database.begin().await?;
        let reset = webhook_delivery::Entity::update_many()
            .col_expr(Column::DeliveredAt, Expr::value(None::<DateTime<Utc>>))
            .filter(Column::Id.eq(delivery))
            .filter(Column::WebhookId.eq(id))
            .exec_with_returning(&transaction)
            .await?;
        let reset = reset.first().ok_or(DomainError::NotFound)?;
        let job = delivery::replay(delivery, reset.attempts);
        // The row of the delivery is locked, so that of two replays at the same time one finds the other's job.
        let open = outbox_job::Entity::find()
            .filter(outbox_job::Column::SubjectId.eq(delivery.0))
            .count(&transaction)
            .await?;
        if open > 0 {
            transaction.rollback().await?;
            return Ok(());
        }
        let now = self.0.clock.now();
        outbox::write(&transaction, std::slice::from_ref(&job), now).await?;
        transaction.commit().await?;
        self.0.outbox.committed(&[job]).await;
        Ok(())
    }

    /// Returns which of these deliveries have a job.
    async fn open_jobs(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>, InfrastructureError> {
        use outbox_job::{Column, Entity};
        let found: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::SubjectId)
            .filter(bulk::among(
                self.0.database.backend(),
                (Entity, Column::SubjectId),
                ids,
            ))
            .into_tuple()
            .all(self.0.database.read())
            .await?;
        Ok(found.into_iter().collect())
    }
}

fn delivery_view(row: webhook_delivery::Model, open: &HashSet<Uuid>) -> WebhookDeliveryView {
    let status = match row.delivered_at {
        _ if open.contains(&row.id.0) => WebhookDeliveryStatus::Pending,
        Some(_) => WebhookDeliveryStatus::Delivered,
        None => WebhookDeliveryStatus::Failed,
    };
    WebhookDeliveryView {
        id: row.id,
        event_id: row.event_id,
        event: row.event,
        status,
        // What was written as JSON is read as JSON.
        payload: serde_json::from_str(&row.body).unwrap_or_default(),
        created_at: row.created_at,
        attempts: u32::try_from(row.attempts).unwrap_or_default(),
        last_attempt_at: row.last_attempt_at,
        response_status: row
            .response_status
            .and_then(|status| u16::try_from(status).ok()),
        problem: row.problem,
    }
}
