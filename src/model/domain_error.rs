//! Domain errors: the closed list of outcomes that a person can understand and act on. They are public
//! and typed, and never reveal an infrastructure error.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Ineligibility, forms::FieldErrors};

/// An outcome other than success that a person or a program can understand and act on.
///
/// Every other failure is an infrastructure error: it is logged, and the response is an opaque 500 or
/// 503.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", content = "info", rename_all = "kebab-case")]
pub enum DomainError {
    /// No account is logged in, or the token is invalid.
    #[error("Please log in first.")]
    Unauthenticated,
    /// The e-mail address and the password do not match. An account that does not exist gets the same
    /// error.
    #[error("E-mail address and password do not match.")]
    InvalidCredentials,
    /// The password or the code from a mail is right, and the account has a second factor, which is missing.
    #[error("Enter the code of your authenticator app, too, or a recovery code.")]
    SecondFactorRequired,
    /// The code of the authenticator app or the recovery code is wrong, or was used.
    #[error("This code is wrong, or it was used already. Wait for the next one.")]
    InvalidSecondFactor,
    /// The account has a second factor already.
    #[error("Log-ins need a code already. Remove it first to set up another app.")]
    SecondFactorActive,
    /// The log-in was too long ago for what was asked.
    #[error("Log in again to do this: your log-in was more than 15 minutes ago.")]
    RecentLoginRequired,
    /// A token that was sent by mail is unknown, was used, or has expired.
    #[error("This link is no longer valid. Ask for a new one.")]
    TokenInvalid,
    /// The account has to confirm its e-mail address first.
    #[error("Confirm your e-mail address first: open the link in the mail that we sent you.")]
    EmailNotVerified,
    /// The account is disabled: it can neither log in nor register.
    #[error("This account is disabled. Ask the people who run this site.")]
    AccountDisabled,
    /// The account organizes competitions that have not ended, so it can't be deleted.
    #[error("You organize competitions that have not ended. Cancel them first.")]
    OrganizesCompetitions,
    /// The account is the last administrator who can log in, so it keeps the role and stays enabled.
    #[error("This is the last administrator. Make another account an administrator first.")]
    LastAdministrator,
    /// The account owns the competition: it keeps the role until it hands the competition over.
    #[error("A competition has an owner. Hand it over first.")]
    LastOwner,
    /// The account that is logged in has no right to do this.
    #[error("You are not allowed to do that.")]
    Forbidden,
    /// The thing does not exist, or the account may not see it.
    #[error("There is nothing at this address.")]
    NotFound,
    /// Some fields are invalid.
    #[error("Some fields need another look.")]
    Invalid(FieldErrors),
    /// Another account has this e-mail address.
    #[error("An account with this e-mail address exists already.")]
    EmailTaken,
    /// The `Idempotency-Key` header or field is missing or malformed.
    #[error("A valid Idempotency-Key is required: 1 to 255 visible ASCII characters.")]
    IdempotencyKeyRequired,
    /// The idempotency key was used before, for another request.
    #[error("This Idempotency-Key was used for another request.")]
    IdempotencyKeyReused,
    /// The first request with this idempotency key has not finished.
    #[error("The first request with this Idempotency-Key is still being worked on.")]
    RequestInProgress,
    /// Every open seat is taken and there is no waitlist.
    #[error("Every open seat is taken.")]
    CompetitionFull,
    /// Every open seat of the division is taken and there is no waitlist.
    #[error("Every open seat of this division is taken.")]
    DivisionFull,
    /// Nobody registers without a code.
    #[error("This competition requires a code.")]
    CodeRequired,
    /// As many people are registered with the code as may be.
    #[error("This code is used up.")]
    CodeUsedUp,
    /// The account may not register.
    #[error("You don't meet the conditions of this competition.")]
    NotEligible(Ineligibility),
    /// The account has a live registration already.
    #[error("You are registered already.")]
    AlreadyRegistered,
    /// The competition is not published any more, is past its deadline, or has started.
    #[error("Registration is closed.")]
    RegistrationClosed,
    /// Registration has not opened yet. This is not stored under the idempotency key.
    #[error("Registration opens on {}.", opens_at.format("%-d %B %Y at %H:%M:%S UTC"))]
    NotOpenYet {
        /// The time at which registration opens.
        opens_at: DateTime<Utc>,
        /// The number of seconds until then, rounded up.
        retry_after: u64,
    },
    /// The organizer has paused registration. This is not stored under the idempotency key.
    #[error("The organizer has paused registration.")]
    RegistrationPaused {
        /// The number of seconds after which it makes sense to ask again.
        retry_after: u64,
    },
    /// The new capacity is smaller than the number of seats that are taken or set aside.
    #[error(
        "More seats are taken or set aside than that: the capacity can't go below their number."
    )]
    CapacityBelowRegistrations,
    /// The division has live registrations or seats that are set aside, so it can't be removed.
    #[error(
        "There are registrations in this division, or seats that are set aside, so it can't be removed."
    )]
    DivisionHasRegistrations,
    /// The stage has results, so it can't be removed.
    #[error("There are results in this stage, so it can't be removed.")]
    StageHasResults,
    /// The bracket has results, so it can't be removed.
    #[error("There are results in this bracket, so it can't be removed.")]
    BracketHasResults,
    /// Others would meet in later matches that have results, and nobody has confirmed that these become void.
    #[error("Later matches have results already, which would become void.")]
    LaterMatchesPlayed,
    /// The competition has live registrations that are in no division, so it can't have divisions.
    #[error(
        "There are registrations without a division already. Divisions come before the first registration."
    )]
    RegistrationsWithoutDivision,
    /// The list has more rows than a spreadsheet may have.
    #[error("This list is too long for a spreadsheet. Download it as CSV, or filter it first.")]
    ListTooLong,
    /// The competition has started, or the registration or the competition is cancelled, so answers stay as they are.
    #[error("Answers can't be changed any more.")]
    AnswersClosed,
    /// The announcement is being sent or was sent, so it can't be withdrawn.
    #[error("It is being sent already, so it can't be withdrawn.")]
    AnnouncementSent,
    /// The code is that of no valid ticket: it is forged, damaged or was replaced, or it has another form.
    #[error("This is no valid ticket.")]
    TicketInvalid,
    /// The ticket is valid, for another competition.
    #[error("This ticket is for another competition.")]
    TicketOfAnotherCompetition,
    /// The registration of the ticket is cancelled.
    #[error("This registration is cancelled.")]
    TicketCancelled,
    /// The registration of the ticket has no seat: it is on the waitlist.
    #[error("This registration is on the waitlist and has no seat.")]
    TicketWaitlisted,
    /// The competition is cancelled, so nobody is checked in.
    #[error("This competition is cancelled.")]
    NotTakingPlace,
    /// The check-in was undone after the scan was made without a network, so the scan has no effect.
    #[error("This check-in was undone after the scan. Scan again if the person is here.")]
    CheckInUndone,
    /// Another edit came first (`If-Match` named another version).
    #[error("It was changed in the meantime. Load it again and repeat your change.")]
    PreconditionFailed,
    /// A rate limit is used up.
    #[error("{}", too_many(*retry_after))]
    TooManyRequests {
        /// The number of seconds to wait.
        retry_after: u64,
    },
    /// The file is of none of the types that are accepted as a picture.
    #[error("This file is no JPEG, PNG or WebP picture.")]
    UnsupportedPicture,
    /// Pictures can't be stored or read: the storage is unavailable, or there is none.
    #[error("Pictures are not available right now. Nothing was changed.")]
    PicturesUnavailable {
        /// The number of seconds to wait.
        retry_after: u64,
    },
    /// The registration queues are full; the request changed nothing.
    #[error("Very many people are here right now. Nothing happened yet: trying again is safe.")]
    Overloaded {
        /// The number of seconds to wait.
        retry_after: u64,
    },
}

/// Returns the text for a client that has to wait so many seconds.
fn too_many(retry_after: u64) -> String {
    match retry_after.div_ceil(60) {
        0 | 1 => "That was a little fast. Try again in a moment.".to_owned(),
        minutes => format!("That was too often. Try again in {minutes} minutes."),
    }
}

impl DomainError {
    /// Returns the stable code, with which a problem's `type` ends.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::InvalidCredentials => "invalid-credentials",
            Self::SecondFactorRequired => "second-factor-required",
            Self::InvalidSecondFactor => "invalid-second-factor",
            Self::SecondFactorActive => "second-factor-active",
            Self::RecentLoginRequired => "recent-login-required",
            Self::TokenInvalid => "token-invalid",
            Self::EmailNotVerified => "email-not-verified",
            Self::AccountDisabled => "account-disabled",
            Self::OrganizesCompetitions => "organizes-competitions",
            Self::LastAdministrator => "last-administrator",
            Self::LastOwner => "last-owner",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Invalid(_) => "invalid-fields",
            Self::EmailTaken => "email-taken",
            Self::IdempotencyKeyRequired => "idempotency-key-required",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::RequestInProgress => "request-in-progress",
            Self::CompetitionFull => "competition-full",
            Self::DivisionFull => "division-full",
            Self::CodeRequired => "code-required",
            Self::CodeUsedUp => "code-used-up",
            Self::NotEligible(_) => "not-eligible",
            Self::AlreadyRegistered => "already-registered",
            Self::RegistrationClosed => "registration-closed",
            Self::NotOpenYet { .. } => "not-open-yet",
            Self::RegistrationPaused { .. } => "registration-paused",
            Self::CapacityBelowRegistrations => "capacity-below-registrations",
            Self::DivisionHasRegistrations => "division-has-registrations",
            Self::StageHasResults => "stage-has-results",
            Self::BracketHasResults => "bracket-has-results",
            Self::LaterMatchesPlayed => "later-matches-played",
            Self::RegistrationsWithoutDivision => "registrations-without-division",
            Self::ListTooLong => "list-too-long",
            Self::AnswersClosed => "answers-closed",
            Self::AnnouncementSent => "announcement-sent",
            Self::TicketInvalid => "ticket-invalid",
            Self::TicketOfAnotherCompetition => "ticket-of-another-competition",
            Self::TicketCancelled => "ticket-cancelled",
            Self::TicketWaitlisted => "ticket-waitlisted",
            Self::NotTakingPlace => "competition-cancelled",
            Self::CheckInUndone => "check-in-undone",
            Self::PreconditionFailed => "precondition-failed",
            Self::TooManyRequests { .. } => "too-many-requests",
            Self::UnsupportedPicture => "unsupported-media-type",
            Self::PicturesUnavailable { .. } => "pictures-unavailable",
            Self::Overloaded { .. } => "overloaded",
        }
    }

    /// Returns the error that has this [`code`](Self::code), or `None` if no error has it. What the code
    /// does not say is empty: no fields are invalid, the wait is one second, and the opening
    /// was in 1970.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "unauthenticated" => Self::Unauthenticated,
            "invalid-credentials" => Self::InvalidCredentials,
            "second-factor-required" => Self::SecondFactorRequired,
            "invalid-second-factor" => Self::InvalidSecondFactor,
            "second-factor-active" => Self::SecondFactorActive,
            "recent-login-required" => Self::RecentLoginRequired,
            "token-invalid" => Self::TokenInvalid,
            "email-not-verified" => Self::EmailNotVerified,
            "account-disabled" => Self::AccountDisabled,
            "organizes-competitions" => Self::OrganizesCompetitions,
            "last-administrator" => Self::LastAdministrator,
            "last-owner" => Self::LastOwner,
            "forbidden" => Self::Forbidden,
            "not-found" => Self::NotFound,
            "invalid-fields" => Self::Invalid(FieldErrors::default()),
            "email-taken" => Self::EmailTaken,
            "idempotency-key-required" => Self::IdempotencyKeyRequired,
            "idempotency-key-reused" => Self::IdempotencyKeyReused,
            "request-in-progress" => Self::RequestInProgress,
            "competition-full" => Self::CompetitionFull,
            "division-full" => Self::DivisionFull,
            "code-required" => Self::CodeRequired,
            "code-used-up" => Self::CodeUsedUp,
            "not-eligible" => Self::NotEligible(Ineligibility::Conditions),
            "already-registered" => Self::AlreadyRegistered,
            "registration-closed" => Self::RegistrationClosed,
            "not-open-yet" => Self::NotOpenYet {
                opens_at: DateTime::UNIX_EPOCH,
                retry_after: 1,
            },
            "registration-paused" => Self::RegistrationPaused { retry_after: 1 },
            "capacity-below-registrations" => Self::CapacityBelowRegistrations,
            "division-has-registrations" => Self::DivisionHasRegistrations,
            "stage-has-results" => Self::StageHasResults,
            "bracket-has-results" => Self::BracketHasResults,
            "later-matches-played" => Self::LaterMatchesPlayed,
            "registrations-without-division" => Self::RegistrationsWithoutDivision,
            "list-too-long" => Self::ListTooLong,
            "answers-closed" => Self::AnswersClosed,
            "announcement-sent" => Self::AnnouncementSent,
            "ticket-invalid" => Self::TicketInvalid,
            "ticket-of-another-competition" => Self::TicketOfAnotherCompetition,
            "ticket-cancelled" => Self::TicketCancelled,
            "ticket-waitlisted" => Self::TicketWaitlisted,
            "competition-cancelled" => Self::NotTakingPlace,
            "check-in-undone" => Self::CheckInUndone,
            "precondition-failed" => Self::PreconditionFailed,
            "too-many-requests" => Self::TooManyRequests { retry_after: 1 },
            "unsupported-media-type" => Self::UnsupportedPicture,
            "pictures-unavailable" => Self::PicturesUnavailable { retry_after: 1 },
            "overloaded" => Self::Overloaded { retry_after: 1 },
            _ => return None,
        })
    }

    /// Seconds after which a retry makes sense, where waiting is the remedy.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after }
            | Self::Overloaded { retry_after }
            | Self::PicturesUnavailable { retry_after }
            | Self::RegistrationPaused { retry_after }
            | Self::NotOpenYet { retry_after, .. } => Some(*retry_after),
            Self::RequestInProgress => Some(1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the variant after `error`. As the match is exhaustive, a new variant that is missing here
    /// does not compile.
    fn next(error: &DomainError) -> Option<DomainError> {
        use DomainError as E;
        Some(match error {
            E::Unauthenticated => E::InvalidCredentials,
            E::InvalidCredentials => E::SecondFactorRequired,
            E::SecondFactorRequired => E::InvalidSecondFactor,
            E::InvalidSecondFactor => E::SecondFactorActive,
            E::SecondFactorActive => E::RecentLoginRequired,
            E::RecentLoginRequired => E::TokenInvalid,
            E::TokenInvalid => E::EmailNotVerified,
            E::EmailNotVerified => E::AccountDisabled,
            E::AccountDisabled => E::OrganizesCompetitions,
            E::OrganizesCompetitions => E::LastAdministrator,
            E::LastAdministrator => E::LastOwner,
            E::LastOwner => E::Forbidden,
            E::Forbidden => E::NotFound,
            E::NotFound => E::Invalid(FieldErrors::default()),
            E::Invalid(_) => E::EmailTaken,
            E::EmailTaken => E::IdempotencyKeyRequired,
            E::IdempotencyKeyRequired => E::IdempotencyKeyReused,
            E::IdempotencyKeyReused => E::RequestInProgress,
            E::RequestInProgress => E::CompetitionFull,
            E::CompetitionFull => E::DivisionFull,
            E::DivisionFull => E::CodeRequired,
            E::CodeRequired => E::CodeUsedUp,
            E::CodeUsedUp => E::NotEligible(Ineligibility::Conditions),
            E::NotEligible(_) => E::AlreadyRegistered,
            E::AlreadyRegistered => E::RegistrationClosed,
            E::RegistrationClosed => E::NotOpenYet {
                opens_at: DateTime::UNIX_EPOCH,
                retry_after: 1,
            },
            E::NotOpenYet { .. } => E::RegistrationPaused { retry_after: 1 },
            E::RegistrationPaused { .. } => E::CapacityBelowRegistrations,
            E::CapacityBelowRegistrations => E::DivisionHasRegistrations,
            E::DivisionHasRegistrations => E::StageHasResults,
            E::StageHasResults => E::BracketHasResults,
            E::BracketHasResults => E::LaterMatchesPlayed,
            E::LaterMatchesPlayed => E::RegistrationsWithoutDivision,
            E::RegistrationsWithoutDivision => E::ListTooLong,
            E::ListTooLong => E::AnswersClosed,
            E::AnswersClosed => E::AnnouncementSent,
            E::AnnouncementSent => E::TicketInvalid,
            E::TicketInvalid => E::TicketOfAnotherCompetition,
            E::TicketOfAnotherCompetition => E::TicketCancelled,
            E::TicketCancelled => E::TicketWaitlisted,
            E::TicketWaitlisted => E::NotTakingPlace,
            E::NotTakingPlace => E::CheckInUndone,
            E::CheckInUndone => E::PreconditionFailed,
            E::PreconditionFailed => E::TooManyRequests { retry_after: 1 },
            E::TooManyRequests { .. } => E::Overloaded { retry_after: 1 },
            E::Overloaded { .. } => E::UnsupportedPicture,
            E::UnsupportedPicture => E::PicturesUnavailable { retry_after: 1 },
            E::PicturesUnavailable { .. } => return None,
        })
    }

    #[test]
    fn every_error_is_found_by_its_code() {
        let all = std::iter::successors(Some(DomainError::Unauthenticated), next);
        for error in all {
            assert_eq!(DomainError::from_code(error.code()), Some(error));
        }
        assert_eq!(DomainError::from_code("unknown"), None);
    }
}
