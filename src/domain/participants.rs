//! Participants whom an organizer adds by their e-mail address, such as people who come without a registration.

mod headings;
mod import;
mod import_list;
mod import_text;

pub use import_text::import_text;

use super::{
    Actor, Result,
    accounts::Accounts,
    rate_limits::{RateLimit, RateLimiter},
    registration::{RegistrationReply, Registrations},
};
use crate::model::{CompetitionId, DomainError, IdempotencyKey, forms::ParticipantForm};

/// Adds participants to competitions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Participants {
    accounts: Accounts,
    registrations: Registrations,
    limits: RateLimiter,
}

impl Participants {
    /// Creates the service over accounts and registrations.
    #[must_use]
    pub const fn new(
        accounts: Accounts,
        registrations: Registrations,
        limits: RateLimiter,
    ) -> Self {
        Self {
            accounts,
            registrations,
            limits,
        }
    }

    /// Adds a participant for the organizer of a competition, at any time, but never beyond the capacity. An
    /// address without an account gets one without a password; its owner can log in with a code, or set a password.
    ///
    /// The participant gets the same message as somebody who has registered. It is not sent as mail before the
    /// owner of the address has confirmed it, so that nobody gets mail that they have not asked for, but the one
    /// that asks for the confirmation.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, [`DomainError::Forbidden`] if `actor`
    /// does not run it, [`DomainError::Invalid`], [`DomainError::TooManyRequests`], or another error if nothing is
    /// known to have happened.
    pub async fn add(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: Option<&IdempotencyKey>,
        form: &ParticipantForm,
    ) -> Result<RegistrationReply> {
        self.registrations.may_run(actor, competition).await?;
        let participant = form.parse()?;
        let account = actor.id.to_string();
        let counted = self.limits.count(RateLimit::ADDED_PARTICIPANTS, &account);
        counted.await.map_err(DomainError::from)?;
        let user = match self.accounts.with_address(&participant.email).await? {
            Some(user) => user,
            None => {
                let registrations = &self.registrations;
                registrations
                    .takes_additions(actor, competition, participant.division_id)
                    .await?;
                let accounts = &self.accounts;
                accounts.create_for(actor, &participant).await?
            }
        };
        self.registrations
            .add(actor, competition, key, user, &participant)
            .await
    }
}
