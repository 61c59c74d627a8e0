//! Closing registration for a competition before its deadline, and opening it again until a new one.

use chrono::{DateTime, Utc};

use super::Competitions;
use crate::{
    domain::{Actor, Result},
    model::{
        CompetitionId, DomainError, Permission, Phase,
        forms::{CompetitionPatch, FieldErrors, FieldProblem},
    },
};

impl Competitions {
    /// Closes registration now: this moment becomes the deadline, and the one of before is remembered. A repeat changes
    /// nothing.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], or [`DomainError::RegistrationClosed`] if
    /// registration has not opened or the competition is not published.
    pub async fn close_registration(&self, actor: Actor, id: CompetitionId) -> Result<()> {
        let competition = self.get_owned(actor, id).await?;
        let now = self.clock.now();
        match competition.phase {
            Phase::Closed => Ok(()),
            // A pause may begin before the opening.
            phase if phase.is_before_deadline() && competition.has_opened(now) => {
                let closing = CompetitionPatch {
                    closes_early: true,
                    ..deadline(now)
                };
                self.edit(actor, id, closing, None).await.map(|_| ())
            }
            _ => Err(DomainError::RegistrationClosed.into()),
        }
    }

    /// Returns the deadline that was in force before registration was closed early, if it is still ahead.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`].
    pub async fn deadline_before_closing(
        &self,
        actor: Actor,
        id: CompetitionId,
    ) -> Result<Option<DateTime<Utc>>> {
        let (row, _) = self.permitted(actor, id, Permission::Edit).await?;
        let latest = row.starts_at;
        let before = row.deadline_before_closing;
        Ok(before.filter(|before| (self.clock.now()..=latest).contains(before)))
    }

    /// Opens registration again until `until`.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], or [`DomainError::Invalid`] if the new deadline
    /// has passed or comes after the start.
    pub async fn reopen_registration(
        &self,
        actor: Actor,
        id: CompetitionId,
        until: DateTime<Utc>,
    ) -> Result<()> {
        if until <= self.clock.now() {
            return Err(FieldErrors::one("regDeadline", FieldProblem::PastTime).into());
        }
        self.edit(actor, id, deadline(until), None)
            .await
            .map(|_| ())
    }
}

/// Returns a change of the deadline alone.
fn deadline(at: DateTime<Utc>) -> CompetitionPatch {
    CompetitionPatch {
        reg_deadline: Some(at),
        ..CompetitionPatch::default()
    }
}
