//! Push messages to browsers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::PushSubscriptionId;

/// Whether this site sends push messages, and to which browsers of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PushView {
    /// The key with which a browser subscribes (`applicationServerKey`), in Base64url; null if this site sends no push
    /// messages.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub public_key: Option<String>,
    /// The subscriptions of the account, at most 10, the newest first.
    pub subscriptions: Vec<PushSubscriptionView>,
}

/// A browser that gets push messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PushSubscriptionView {
    /// The id of the subscription.
    pub id: PushSubscriptionId,
    /// The address of the subscription at the push service.
    pub endpoint: String,
    /// When the browser subscribed.
    pub created_at: DateTime<Utc>,
    /// When the push service last accepted a message; null if there was none yet.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub last_used_at: Option<DateTime<Utc>>,
}
