//! Accounts as administrators see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Role, UserId};

/// The request of a participant to become an organizer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrganizerRequestView {
    /// The account that asks.
    pub user_id: UserId,
    /// The name of the account.
    pub name: String,
    /// The e-mail address of the account.
    pub email: String,
    /// Whether the e-mail address is confirmed.
    pub email_confirmed: bool,
    /// What the participant wants to organize.
    pub reason: String,
    /// When the participant asked.
    pub requested_at: DateTime<Utc>,
}

/// What became of the request of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnOrganizerRequest {
    /// There is none, or the one that was declined is long ago.
    None,
    /// Nobody has decided since this time.
    Waiting(DateTime<Utc>),
    /// It was declined. The account can ask again at this time.
    Declined(DateTime<Utc>),
}

/// An account as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// The id of the account.
    pub id: UserId,
    /// The name that others see.
    pub name: String,
    /// The e-mail address, with which the account logs in.
    pub email: String,
    /// The rights of the account.
    pub role: Role,
    /// When the account was created.
    pub created_at: DateTime<Utc>,
    /// Whether the e-mail address is confirmed.
    pub email_confirmed: bool,
    /// Since when the account is disabled; `null` if it is not.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Since when log-ins need a second factor; `null` if they do not.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub second_factor_at: Option<DateTime<Utc>>,
}
