//! Sentences that explain domain errors to visitors.

use super::FLASH;
use crate::model::DomainError;

/// Returns the sentence for a domain error.
#[must_use]
pub fn domain_error(error: &DomainError) -> String {
    match error {
        DomainError::Unauthenticated => "Please log in first.".to_owned(),
        DomainError::InvalidCredentials => "Wrong e-mail address or password.".to_owned(),
        DomainError::SecondFactorRequired => {
            "Enter the code of your authenticator app, too.".to_owned()
        }
        DomainError::InvalidSecondFactor => {
            "This code is wrong, or it was used already. Wait for the next one.".to_owned()
        }
        DomainError::SecondFactorActive => {
            "Two-step log-in is on already. Turn it off first to set up another app.".to_owned()
        }
        DomainError::RecentLoginRequired => "Enter your password to go on.".to_owned(),
        DomainError::TokenInvalid => {
            "This link is no longer valid: it was used, or it is too old. Ask for a new one."
                .to_owned()
        }
        DomainError::EmailNotVerified => {
            "Confirm your e-mail address first: open the link in the mail that we sent you."
                .to_owned()
        }
        DomainError::AccountDisabled => {
            "This account is disabled. Ask the people who run this site.".to_owned()
        }
        DomainError::OrganizesCompetitions => {
            "You organize competitions that haven't ended. Cancel them first.".to_owned()
        }
        DomainError::Forbidden => "You are not allowed to do that.".to_owned(),
        DomainError::NotFound => "It does not exist any more.".to_owned(),
        DomainError::Invalid(_) => "Some fields need another look.".to_owned(),
        DomainError::EmailTaken => "An account with this e-mail address exists already.".to_owned(),
        DomainError::IdempotencyKeyRequired | DomainError::IdempotencyKeyReused => {
            "This form was stale. Press the button once more.".to_owned()
        }
        DomainError::RequestInProgress => {
            "Your first press is still being worked on. Look again in a moment.".to_owned()
        }
        DomainError::CompetitionFull => {
            "Every seat is taken: the last one went just before you.".to_owned()
        }
        DomainError::AlreadyRegistered => "You are registered already.".to_owned(),
        DomainError::RegistrationClosed => "Registration is closed.".to_owned(),
        DomainError::NotOpenYet { opens_at, .. } => format!(
            "Not open yet: registration opens on {}.",
            opens_at.format("%-d %b %Y at %H:%M:%S UTC")
        ),
        DomainError::CapacityBelowRegistrations => {
            "More seats are taken than that. Choose at least as many as are taken.".to_owned()
        }
        DomainError::PreconditionFailed => FLASH.changed_meanwhile.to_owned(),
        DomainError::TooManyRequests { retry_after } => {
            format!("That was a little fast. Try again in {retry_after} s.")
        }
        DomainError::Overloaded { .. } => {
            "Very many people are here right now. Nothing happened yet: trying again is safe."
                .to_owned()
        }
    }
}
