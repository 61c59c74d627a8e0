//! What administrators and organizers see of the audit log.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AuditAction, AuditOutcome, AuditSubject, UserId};

/// Something that somebody did or tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEventView {
    /// The id of the event.
    pub id: Uuid,
    /// The time at which it happened.
    pub occurred_at: DateTime<Utc>,
    /// What was done or tried.
    pub action: AuditAction,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// The account that acted; absent when it is not known.
    pub actor_id: Option<UserId>,
    /// Who acted from the command line, like `cli:root`; absent for everybody else.
    pub operator: Option<String>,
    /// The kind of thing that it was done to; absent when it was done to nothing in particular.
    pub subject_kind: Option<AuditSubject>,
    /// The id of what it was done to.
    pub subject_id: Option<Uuid>,
    /// A hash of the client's network: equal hashes mean the same network. For administrators only.
    pub address_hash: Option<String>,
    /// More about it, by action: an object.
    #[cfg_attr(feature = "ssr", schema(value_type = Object))]
    pub detail: serde_json::Value,
}
