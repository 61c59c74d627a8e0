//! The closed list of business "no"s. Each is public: safe to show, typed, and never a fault.

use serde::{Deserialize, Serialize};

use super::forms::FieldErrors;

/// A "no" that a person or a program can understand and act on.
///
/// Everything else that goes wrong is a fault: logged, and answered with an opaque 500 or 503.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", content = "info", rename_all = "kebab-case")]
pub enum DomainError {
    /// Nobody is logged in, or the token does not hold.
    #[error("Please log in first.")]
    Unauthenticated,
    /// E-mail and password do not belong together (or the account does not exist: the same answer).
    #[error("E-mail address and password do not match.")]
    InvalidCredentials,
    /// Logged in, but this is somebody else's.
    #[error("You are not allowed to do that.")]
    Forbidden,
    /// There is no such thing, or it is not yours to see.
    #[error("There is nothing at this address.")]
    NotFound,
    /// Fields do not hold what they should.
    #[error("Some fields need another look.")]
    Invalid(FieldErrors),
    /// Another account has this e-mail address.
    #[error("An account with this e-mail address exists already.")]
    EmailTaken,
    /// The `Idempotency-Key` header or field is missing or malformed.
    #[error("A valid Idempotency-Key is required: 1 to 255 visible ASCII characters.")]
    IdempotencyKeyRequired,
    /// The key was used before, with another request.
    #[error("This Idempotency-Key was used for another request.")]
    IdempotencyKeyReused,
    /// The first request with this key has not finished.
    #[error("The first request with this Idempotency-Key is still being worked on.")]
    RequestInProgress,
    /// Every seat is taken and there is no waitlist.
    #[error("Every seat is taken.")]
    CompetitionFull,
    /// This person has a live registration.
    #[error("You are registered already.")]
    AlreadyRegistered,
    /// Not published any more, past the deadline, or started.
    #[error("Registration is closed.")]
    RegistrationClosed,
    /// The new capacity is smaller than the number of seats taken.
    #[error("There are more registrations than that: the capacity can't go below the seats taken.")]
    CapacityBelowRegistrations,
    /// Somebody else changed it in between (`If-Match` named another version).
    #[error("It was changed in the meantime. Load it again and repeat your change.")]
    PreconditionFailed,
    /// Too many requests; try again after so many seconds.
    #[error("{}", too_many(*retry_after))]
    TooManyRequests {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// More people are waiting than can be served; nothing happened.
    #[error("Very many people are here right now. Nothing happened yet: trying again is safe.")]
    Overloaded {
        /// Seconds to wait.
        retry_after: u64,
    },
}

/// What somebody is told who has to wait.
fn too_many(retry_after: u64) -> String {
    match retry_after.div_ceil(60) {
        0 | 1 => "That was a little fast. Try again in a moment.".to_owned(),
        minutes => format!("That was too often. Try again in {minutes} minutes."),
    }
}

impl DomainError {
    /// The stable name: the end of a problem's `type`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::InvalidCredentials => "invalid-credentials",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Invalid(_) => "invalid-fields",
            Self::EmailTaken => "email-taken",
            Self::IdempotencyKeyRequired => "idempotency-key-required",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::RequestInProgress => "request-in-progress",
            Self::CompetitionFull => "competition-full",
            Self::AlreadyRegistered => "already-registered",
            Self::RegistrationClosed => "registration-closed",
            Self::CapacityBelowRegistrations => "capacity-below-registrations",
            Self::PreconditionFailed => "precondition-failed",
            Self::TooManyRequests { .. } => "too-many-requests",
            Self::Overloaded { .. } => "overloaded",
        }
    }

    /// Returns the error that has this [`code`](Self::code), or `None` if no error has it. What the code
    /// does not say is empty: no fields are invalid, and the wait is one second.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "unauthenticated" => Self::Unauthenticated,
            "invalid-credentials" => Self::InvalidCredentials,
            "forbidden" => Self::Forbidden,
            "not-found" => Self::NotFound,
            "invalid-fields" => Self::Invalid(FieldErrors::default()),
            "email-taken" => Self::EmailTaken,
            "idempotency-key-required" => Self::IdempotencyKeyRequired,
            "idempotency-key-reused" => Self::IdempotencyKeyReused,
            "request-in-progress" => Self::RequestInProgress,
            "competition-full" => Self::CompetitionFull,
            "already-registered" => Self::AlreadyRegistered,
            "registration-closed" => Self::RegistrationClosed,
            "capacity-below-registrations" => Self::CapacityBelowRegistrations,
            "precondition-failed" => Self::PreconditionFailed,
            "too-many-requests" => Self::TooManyRequests { retry_after: 1 },
            "overloaded" => Self::Overloaded { retry_after: 1 },
            _ => return None,
        })
    }

    /// Seconds after which a retry makes sense, where waiting is the remedy.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after } | Self::Overloaded { retry_after } => {
                Some(*retry_after)
            }
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
            E::InvalidCredentials => E::Forbidden,
            E::Forbidden => E::NotFound,
            E::NotFound => E::Invalid(FieldErrors::default()),
            E::Invalid(_) => E::EmailTaken,
            E::EmailTaken => E::IdempotencyKeyRequired,
            E::IdempotencyKeyRequired => E::IdempotencyKeyReused,
            E::IdempotencyKeyReused => E::RequestInProgress,
            E::RequestInProgress => E::CompetitionFull,
            E::CompetitionFull => E::AlreadyRegistered,
            E::AlreadyRegistered => E::RegistrationClosed,
            E::RegistrationClosed => E::CapacityBelowRegistrations,
            E::CapacityBelowRegistrations => E::PreconditionFailed,
            E::PreconditionFailed => E::TooManyRequests { retry_after: 1 },
            E::TooManyRequests { .. } => E::Overloaded { retry_after: 1 },
            E::Overloaded { .. } => return None,
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
