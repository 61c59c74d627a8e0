//! Sentences that explain domain errors to visitors.

use super::FLASH;
use crate::model::DomainError;

/// Returns the sentence for a domain error.
#[must_use]
pub fn domain_error(error: &DomainError) -> String {
    match error {
        DomainError::Unauthenticated => "Please log in first.".to_owned(),
        DomainError::InvalidCredentials => {
            "E-mail address and password do not match. Check both and try again.".to_owned()
        }
        DomainError::Forbidden => "You are not allowed to do that.".to_owned(),
        DomainError::NotFound => "It does not exist any more.".to_owned(),
        DomainError::Invalid(_) => "Some fields need another look.".to_owned(),
        DomainError::EmailTaken => {
            "An account with this e-mail address exists already. Log in instead?".to_owned()
        }
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
