//! Pausing registration for a competition, and resuming it.
//!
//! From the commit of a pause on nobody gets a seat or joins the waitlist, since it is decided in one order with
//! registrations. Registrations stay, can be cancelled, and are repeated under their keys; a seat that is given back
//! goes to the head of the waitlist.

use super::Competitions;
use crate::{
    domain::{Actor, Result, audit::AuditEvent},
    model::{AuditAction, AuditOutcome, CompetitionId},
};

impl Competitions {
    /// Pauses registration. A repeat changes nothing.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound),
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden), or
    /// [`DomainError::RegistrationClosed`](crate::model::DomainError::RegistrationClosed) if nobody could register
    /// anyway: the competition is not published, or its deadline has passed.
    pub async fn pause(&self, actor: Actor, id: CompetitionId) -> Result<()> {
        self.set_paused(actor, id, true).await
    }

    /// Resumes registration. A repeat changes nothing.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound) or
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden).
    pub async fn resume(&self, actor: Actor, id: CompetitionId) -> Result<()> {
        self.set_paused(actor, id, false).await
    }

    async fn set_paused(&self, actor: Actor, id: CompetitionId, paused: bool) -> Result<()> {
        let row = self.owned(actor, id).await?;
        let action = match paused {
            true => AuditAction::RegistrationPause,
            false => AuditAction::RegistrationResume,
        };
        let event = AuditEvent::by(actor, action, AuditOutcome::Done).on(Some(row.id));
        let record = self.audit.record(event);
        let registrations = &self.registrations;
        registrations.set_paused(actor, id, paused, record).await
    }
}
