//! The keys with which programs of organizers call the API, as their owner sees them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ApiKeyId, ApiKeyScope};

/// A key with which a program calls the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyView {
    /// The id with which the key can be deleted.
    pub id: ApiKeyId,
    /// The name that its owner gave it.
    pub name: String,
    /// The first characters of the key, by which its owner recognises it.
    pub start: String,
    /// The last four characters of the key.
    pub last_four: String,
    /// What a program may do with the key.
    pub scopes: Vec<ApiKeyScope>,
    /// The time at which it was created.
    pub created_at: DateTime<Utc>,
    /// The time from which it is refused; null if it does not expire.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub expires_at: Option<DateTime<Utc>>,
    /// The time of its last use, exact to a minute; null if it was never used.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub last_used_at: Option<DateTime<Utc>>,
    /// The whole key, only in the response to the request that creates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The API keys of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyList {
    /// The keys, the newest first.
    pub items: Vec<ApiKeyView>,
}
