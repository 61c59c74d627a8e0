//! The audit log: who did what, to what, when, from which network, and with which outcome.
//!
//! An [`AuditEvent`] describes an action. [`Audit`] adds the time and the hash of the network, writes the
//! event to the database and logs it under the target `audit`.
//!
//! | kind of event | written |
//! | --- | --- |
//! | a change of accounts, competitions or failed jobs | in the transaction of the change: both or neither; changes of profiles up to [`RateLimit::RECORDED`] per hour and account |
//! | a log-in, a sign-up, an export | before the result is returned |
//! | a log-in that fails | each one; limits bound how many there can be |
//! | a log-in that is refused by a rate limit | the first in each window of the limit |
//! | an access that is refused | up to [`RateLimit::RECORDED`] per hour and account |
//!
//! Rows contain ids and keyed hashes, but no names and no addresses. The hash of a network only shows
//! that two events came from the same network. The clean-up deletes rows after [`KEPT_DAYS`] days.

mod event;
mod query;

use std::sync::Arc;

use uuid::Uuid;

pub use event::{AuditEvent, EventSubject};
pub use query::TOTAL_MAX;

use super::{
    Actor, ClientAddress, Error, Result,
    purpose_key::PurposeKey,
    rate_limits::{RateLimit, RateLimitExceeded, RateLimiter},
};
use crate::{
    model::{AuditAction, AuditOutcome, DomainError},
    ops::Clock,
    store::{
        Database, InfrastructureError,
        audit::{self, Record},
    },
};

/// How long events are kept, in days.
pub const KEPT_DAYS: i64 = 365;

/// Writes and reads the audit log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Audit(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    database: Database,
    clock: Clock,
    key: PurposeKey,
    limits: RateLimiter,
}

impl Audit {
    /// Creates the audit log of a database. `key` hashes networks and e-mail addresses; `limits` bound
    /// how many events one account can cause.
    #[must_use]
    pub fn new(database: Database, clock: Clock, key: PurposeKey, limits: RateLimiter) -> Self {
        Self(Some(Arc::new(Inner {
            database,
            clock,
            key,
            limits,
        })))
    }

    /// Creates an audit log that records nothing, for tests of single services.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Returns the record of an event that happens now, to be written with [`audit::write`] in the
    /// transaction of the change and logged with [`audit::log_records`] after it.
    #[must_use]
    pub fn record(&self, event: AuditEvent) -> Option<Record> {
        let inner = self.0.as_deref()?;
        Some(Record {
            id: Uuid::now_v7(),
            occurred_at: inner.clock.now(),
            action: event.action,
            outcome: event.outcome,
            actor_id: event.actor,
            operator: event.operator,
            subject_kind: event.subject.map(|subject| subject.kind),
            subject_id: event.subject.map(|subject| subject.id),
            address_hash: event.address.map(|address| inner.hash(address)),
            detail: event.detail,
        })
    }

    /// Works like [`record`](Self::record) for changes that an account can make without limit: returns `None` after
    /// [`RateLimit::RECORDED`] of them within an hour.
    pub async fn record_bounded(&self, event: AuditEvent) -> Option<Record> {
        let inner = self.0.as_deref()?;
        let subject = format!("{}:{:?}", event.action, event.actor);
        let counted = inner.limits.count(RateLimit::RECORDED, &subject).await;
        counted.ok().and_then(|()| self.record(event))
    }

    /// Records an event that changes no other data.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn note(&self, event: AuditEvent) -> Result<(), InfrastructureError> {
        let (Some(inner), Some(record)) = (&self.0, self.record(event)) else {
            return Ok(());
        };
        audit::write(inner.database.write(), [&record]).await?;
        audit::log_records([&record]);
        Ok(())
    }

    /// Records an event that an account can cause without limit, up to [`RateLimit::RECORDED`] per hour.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn note_bounded(&self, event: AuditEvent) -> Result<(), InfrastructureError> {
        let Some(inner) = &self.0 else {
            return Ok(());
        };
        let subject = format!("{}:{:?}", event.action, event.actor);
        match inner.limits.count(RateLimit::RECORDED, &subject).await {
            Ok(()) => self.note(event).await,
            Err(RateLimitExceeded { .. }) => Ok(()),
        }
    }

    /// Returns the decision about an actor's access, and records it if access is refused.
    ///
    /// # Errors
    /// Returns the error of `decided`. If the record can't be written, that is only logged.
    pub async fn access<T>(
        &self,
        actor: Actor,
        subject: Option<EventSubject>,
        decided: Result<T, DomainError>,
    ) -> Result<T> {
        if matches!(decided, Err(DomainError::Forbidden)) {
            let event = AuditEvent::by(actor, AuditAction::Access, AuditOutcome::Refused);
            let event = event.on(subject);
            self.or_log(self.note_bounded(event).await);
        }
        decided.map_err(Error::from)
    }

    /// Logs the error of a record that could not be written, where the request is refused in any case.
    pub(super) fn or_log(&self, written: Result<(), InfrastructureError>) {
        if let Err(error) = written {
            tracing::error!(%error, "Could not write an event to the audit log");
        }
    }

    /// Returns a keyed hash of an e-mail address, for events about accounts that do not exist.
    #[must_use]
    pub fn hash_of_email(&self, email: &str) -> Option<String> {
        let inner = self.0.as_deref()?;
        Some(hex::encode(inner.key.code(&[b"email\n", email.as_bytes()])))
    }
}

impl Inner {
    fn hash(&self, address: ClientAddress) -> String {
        let network = address.network().to_string();
        hex::encode(self.key.code(&[b"network\n", network.as_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audit_log_that_is_off_records_nothing() {
        let actor = Actor {
            email_confirmed: true,
            ..Actor::new(crate::model::UserId::new(), crate::model::Role::Admin)
        };
        let event = AuditEvent::by(actor, AuditAction::LogIn, AuditOutcome::Done);
        assert_eq!(Audit::off().record(event), None);
        assert_eq!(Audit::off().hash_of_email("ada@example.org"), None);
    }
}
