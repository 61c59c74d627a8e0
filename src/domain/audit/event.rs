//! What an audit event describes.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Actor, ClientAddress};
use crate::model::{AuditAction, AuditOutcome, AuditSubject, CompetitionId, UserId};

/// What an event was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSubject {
    /// The kind of the subject.
    pub kind: AuditSubject,
    /// The id of the subject.
    pub id: Uuid,
}

impl From<CompetitionId> for EventSubject {
    fn from(id: CompetitionId) -> Self {
        Self {
            kind: AuditSubject::Competition,
            id: id.0,
        }
    }
}

impl From<UserId> for EventSubject {
    fn from(id: UserId) -> Self {
        Self {
            kind: AuditSubject::Account,
            id: id.0,
        }
    }
}

impl EventSubject {
    /// Returns a failed job as a subject.
    #[must_use]
    pub fn failed_job(id: Uuid) -> Self {
        Self {
            kind: AuditSubject::FailedJob,
            id,
        }
    }
}

/// An action that was done, failed or was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    pub(super) action: AuditAction,
    pub(super) outcome: AuditOutcome,
    pub(super) actor: Option<UserId>,
    pub(super) operator: Option<String>,
    pub(super) subject: Option<EventSubject>,
    pub(super) address: Option<ClientAddress>,
    pub(super) detail: Value,
}

impl AuditEvent {
    /// Returns an event that an authenticated account caused.
    #[must_use]
    pub fn by(actor: Actor, action: AuditAction, outcome: AuditOutcome) -> Self {
        Self {
            actor: Some(actor.id),
            ..Self::from(actor.address, action, outcome)
        }
    }

    /// Returns an event that an anonymous client caused.
    #[must_use]
    pub fn from(
        address: Option<ClientAddress>,
        action: AuditAction,
        outcome: AuditOutcome,
    ) -> Self {
        Self {
            action,
            outcome,
            actor: None,
            operator: None,
            subject: None,
            address,
            detail: json!({}),
        }
    }

    /// Returns an event that an operator caused at the command line.
    #[must_use]
    pub fn by_operator(operator: &str, action: AuditAction) -> Self {
        Self {
            operator: Some(operator.to_owned()),
            ..Self::from(None, action, AuditOutcome::Done)
        }
    }

    /// Returns the event with another acting account.
    #[must_use]
    pub fn acting_as(self, actor: Option<UserId>) -> Self {
        Self { actor, ..self }
    }

    /// Returns the event with what it was done to.
    #[must_use]
    pub fn on(self, subject: Option<impl Into<EventSubject>>) -> Self {
        Self {
            subject: subject.map(Into::into),
            ..self
        }
    }

    /// Returns the event with details: a small JSON object without personal data.
    #[must_use]
    pub fn with(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}
