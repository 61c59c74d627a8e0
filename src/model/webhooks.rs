//! Webhooks of organizers and their deliveries, as their owner sees them.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{UnknownName, WebhookDeliveryId, WebhookId, enumerations::enumeration};

enumeration! {
    /// What webhooks are told.
    WebhookEvent {
        /// A participant has registered: with a seat, or on the waitlist.
        RegistrationCreated = "registration.created",
        /// The seat of a registration is confirmed.
        RegistrationConfirmed = "registration.confirmed",
        /// A registration moved from the waitlist to a seat.
        RegistrationPromoted = "registration.promoted",
        /// A registration was cancelled.
        RegistrationCancelled = "registration.cancelled",
        /// A competition was edited, published, paused, resumed, cancelled or deleted.
        CompetitionChanged = "competition.changed",
    }
}

enumeration! {
    /// How far the delivery of an event is.
    WebhookDeliveryStatus {
        /// It is being sent, or will be tried again.
        Pending = "PENDING",
        /// The receiver has accepted it.
        Delivered = "DELIVERED",
        /// It was tried as often as it may be, or the webhook is off.
        Failed = "FAILED",
    }
}

enumeration! {
    /// Why an event was not delivered.
    WebhookProblem {
        /// The receiver answered with another status than one of success.
        Refused = "REFUSED",
        /// The receiver answered with a redirect, which is not followed.
        Redirect = "REDIRECT",
        /// The receiver did not answer in time.
        Timeout = "TIMEOUT",
        /// The host does not exist, or refused the connection.
        Unreachable = "UNREACHABLE",
        /// The address does not lead to a public one.
        NotPublic = "NOT_PUBLIC",
        /// The secret can't be read any more. A new one helps.
        NoSecret = "NO_SECRET",
    }
}

/// An address to which events of an organizer's competitions are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookView {
    /// The id of the webhook, which does not change.
    pub id: WebhookId,
    /// The address to which events are sent.
    pub url: String,
    /// The events that are sent.
    pub events: Vec<WebhookEvent>,
    /// The time at which it was created.
    pub created_at: DateTime<Utc>,
    /// Since when every attempt has failed; null if the last one succeeded.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub failing_since: Option<DateTime<Utc>>,
    /// Since when nothing is sent by itself any more; null if events are sent. A replay that succeeds turns it on again.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub off_at: Option<DateTime<Utc>>,
    /// Until when the former secret signs, too; null if there is only one.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub previous_secret_until: Option<DateTime<Utc>>,
    /// The secret with which requests are signed, only in the response to the request that makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// The webhooks of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookList {
    /// The webhooks, the newest first.
    pub items: Vec<WebhookView>,
}

/// An event that was sent to a webhook, or is about to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookDeliveryView {
    /// The id of the delivery, with which it can be replayed.
    pub id: WebhookDeliveryId,
    /// The id of the event, which requests carry as `webhook-id`.
    pub event_id: Uuid,
    /// What has happened to the registration or competition.
    pub event: WebhookEvent,
    /// How far the delivery is at the moment.
    pub status: WebhookDeliveryStatus,
    /// The body of the request, as the receiver gets it.
    pub payload: serde_json::Value,
    /// The time at which the delivery was created.
    pub created_at: DateTime<Utc>,
    /// The number of attempts until now, replays included.
    pub attempts: u32,
    /// The time of the last attempt; null before the first one.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// The status that the receiver answered last; null if it has not answered.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub response_status: Option<u16>,
    /// Why the last attempt failed; null if it did not.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub problem: Option<WebhookProblem>,
}

/// Deliveries of a webhook, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookDeliveryList {
    /// The deliveries, at most 50 of them.
    pub items: Vec<WebhookDeliveryView>,
    /// What to send as `after` for the next ones; null at the end of the list.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub next: Option<WebhookDeliveryId>,
}
