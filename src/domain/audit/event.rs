//! What happened.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Actor, ClientAddress};
use crate::model::{AuditAction, AuditOutcome, AuditSubject, CompetitionId, UserId};

/// What something was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSubject {
    /// What kind of thing it is.
    pub kind: AuditSubject,
    /// Its id.
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
    /// A failed job.
    #[must_use]
    pub fn failed_job(id: Uuid) -> Self {
        Self {
            kind: AuditSubject::FailedJob,
            id,
        }
    }
}

/// Something that somebody did or tried.
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
    /// Somebody who is logged in acted.
    #[must_use]
    pub fn by(actor: Actor, action: AuditAction, outcome: AuditOutcome) -> Self {
        Self {
            actor: Some(actor.id),
            ..Self::from(actor.address, action, outcome)
        }
    }

    /// Somebody acted of whom no more is known than the address.
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

    /// Somebody acted from the command line.
    #[must_use]
    pub fn by_operator(operator: &str, action: AuditAction) -> Self {
        Self {
            operator: Some(operator.to_owned()),
            ..Self::from(None, action, AuditOutcome::Done)
        }
    }

    /// The account that acted, if there is one.
    #[must_use]
    pub fn acting_as(self, actor: Option<UserId>) -> Self {
        Self { actor, ..self }
    }

    /// What it was done to.
    #[must_use]
    pub fn on(self, subject: Option<impl Into<EventSubject>>) -> Self {
        Self {
            subject: subject.map(Into::into),
            ..self
        }
    }

    /// What else there is to say: an object, small and without personal data.
    #[must_use]
    pub fn with(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}
