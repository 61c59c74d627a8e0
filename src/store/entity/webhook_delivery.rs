//! Events that were sent to webhooks, or are about to be.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::model::{WebhookDeliveryId, WebhookEvent, WebhookId, WebhookProblem};

/// A row of `webhook_deliveries`: one event for one webhook. It is inserted with its job.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookDeliveryId,
    pub webhook_id: WebhookId,
    /// The id of the event: unique within a webhook.
    pub event_id: Uuid,
    pub event: WebhookEvent,
    /// The body of the request, byte for byte.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub created_at: DateTime<Utc>,
    /// The number of requests that were sent, or could not be.
    pub attempts: i32,
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// The status that the receiver answered last.
    pub response_status: Option<i32>,
    /// Why the last attempt failed.
    pub problem: Option<WebhookProblem>,
    /// When the receiver accepted it; none from a replay until it is accepted again.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
