//! The audit log: rows are written once and never changed.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{AuditAction, AuditOutcome, AuditSubject, UserId};

/// A row of `audit_events`: an action of an account or an operator, or an attempt at one.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub occurred_at: DateTime<Utc>,
    pub action: AuditAction,
    pub outcome: AuditOutcome,
    /// The account that acted; `None` if it is not known.
    pub actor_id: Option<UserId>,
    /// The operator on the command line: `cli:` and the name of the operating system's account.
    pub operator: Option<String>,
    /// The kind of thing that the action was about.
    pub subject_kind: Option<AuditSubject>,
    pub subject_id: Option<Uuid>,
    /// A keyed hash of the client's network, in hexadecimal.
    pub address_hash: Option<String>,
    /// Details by action: a small JSON object without personal data.
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: Json,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
