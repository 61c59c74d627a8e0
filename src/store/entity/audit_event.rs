//! The audit log.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{AuditAction, AuditOutcome, AuditSubject, UserId};

/// A row of `audit_events`: something that somebody did or tried. Rows are written once and never
/// changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    /// The event's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// What was done or tried.
    pub action: AuditAction,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// The account that acted, if it is known.
    pub actor_id: Option<UserId>,
    /// Who acted from the command line: `cli:` and the name of the system's account.
    pub operator: Option<String>,
    /// What it was done to.
    pub subject_kind: Option<AuditSubject>,
    /// The id of what it was done to.
    pub subject_id: Option<Uuid>,
    /// Keyed hash of the client's network, in hexadecimal.
    pub address_hash: Option<String>,
    /// What else there is to say, by action. Small, and without personal data.
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: Json,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
