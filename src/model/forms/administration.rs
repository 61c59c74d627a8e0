//! What administrators change about accounts, and what they look for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{AuditAction, Role, UserId};

/// A change of an account by an administrator. Absent fields stay as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AccountChange {
    /// The new role of the account.
    pub role: Option<Role>,
    /// Whether the account is disabled: it can neither log in nor register, and all its sessions end.
    pub disabled: Option<bool>,
}

/// Selects accounts of the directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// The beginning of the name, its last word or the e-mail address, or an id.
    pub search: Option<String>,
    /// Only accounts with this role.
    pub role: Option<Role>,
}

/// Selects events of the audit log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only events that this account caused.
    pub actor: Option<UserId>,
    /// Only events of this action.
    pub action: Option<AuditAction>,
    /// Only events at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only events before this time.
    pub to: Option<DateTime<Utc>>,
}
