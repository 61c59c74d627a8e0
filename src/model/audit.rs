//! What administrators and organizers see of the audit log.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AuditAction, AuditOutcome, AuditSubject, UserId};

/// An action that an account or an operator did or tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEventView {
    /// The id of the event.
    pub id: Uuid,
    /// The time at which it happened.
    pub occurred_at: DateTime<Utc>,
    /// The action that was done or tried.
    pub action: AuditAction,
    /// The outcome of the action.
    pub outcome: AuditOutcome,
    /// The account that acted; absent when it is not known.
    pub actor_id: Option<UserId>,
    /// The operator who acted from the command line, like `cli:root`; absent for actions of accounts.
    pub operator: Option<String>,
    /// The kind of the object that the action concerned; absent if there was none.
    pub subject_kind: Option<AuditSubject>,
    /// The id of the object that the action concerned.
    pub subject_id: Option<Uuid>,
    /// A hash of the client's network: equal hashes mean the same network. It is sent to
    /// administrators only.
    pub address_hash: Option<String>,
    /// Further properties of the event, which depend on the action, as an object.
    #[cfg_attr(feature = "ssr", schema(value_type = Object))]
    pub detail: serde_json::Value,
}
