//! Sentences that a page shows after an action.

use crate::model::DomainError;

catalogue! {
    /// Sentences about the outcome of an action.
    Outcomes = OUTCOMES {
        signed_up(name: &str) => format!("Welcome, {name}. Your account is ready.");
        logged_in(name: &str) => format!("Welcome back, {name}.");
        logged_out => "You are logged out.";
        login_first => "Log in to go on.";
        login_to_register => "Log in, then press the register button once more.";
        seat => "You have a seat. The confirmation is on its way to your mailbox.";
        waitlisted(place: u32) => format!("You are on the waitlist, number {place}.");
        waitlisted_plain => "You are on the waitlist.";
        given_back => "It is given back.";
        profile_saved => "Your profile is saved.";
        created => "Your competition is created.";
        saved => "Your changes are saved.";
        published => "It is published. Share the page!";
        called_off => "It is called off. Everyone who had a seat is being told.";
        duplicated => "Here is the copy, as a draft. Set its dates and publish it.";
        deleted => "It is deleted.";
        internal_error => "Something on our side failed. Nothing happened, and trying again is safe.";
        capacity_below => "More seats are taken than that.";
        changed_meanwhile => "Somebody else saved changes while you were typing. Nothing is lost: what you typed is still here, and what they saved stands beside each field that differs. Saving again replaces it.";
        saved_meanwhile(value: &str) => if value.is_empty() { "Saved by somebody else: nothing.".to_owned() } else { format!("Saved by somebody else: {value}") };
    }
}

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
        DomainError::CapacityBelowRegistrations => {
            "More seats are taken than that. Choose at least as many as are taken.".to_owned()
        }
        DomainError::PreconditionFailed => OUTCOMES.changed_meanwhile.to_owned(),
        DomainError::TooManyRequests { retry_after } => {
            format!("That was a little fast. Try again in {retry_after} s.")
        }
        DomainError::Overloaded { .. } => {
            "Very many people are here right now. Nothing happened yet: trying again is safe."
                .to_owned()
        }
    }
}
