//! Problem details (RFC 9457): how an error looks in a response body.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{DomainError, forms::FieldError};

/// A problem document, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A relative reference whose last segment is the code, e.g. `/problems/competition-full`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short text that is the same for every occurrence of the problem.
    pub title: String,
    /// The HTTP status of the response.
    pub status: u16,
    /// An explanation of this occurrence, in the language of the request.
    pub detail: String,
    /// When registration opens, if it has not opened yet.
    #[serde(default, rename = "opensAt", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub opens_at: Option<DateTime<Utc>>,
    /// The fields that are invalid, if the problem is about fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// Creates a problem that is not a [`DomainError`]: malformed HTTP or an infrastructure error.
    #[must_use]
    pub fn new(code: &str, status: u16, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            opens_at: None,
            errors: Vec::new(),
        }
    }
}

/// Returns the HTTP status of the response that reports `error` (RFC 9110; 429 is from RFC 6585).
#[must_use]
pub const fn http_status(error: &DomainError) -> u16 {
    match error {
        DomainError::IdempotencyKeyRequired => 400,
        DomainError::Unauthenticated
        | DomainError::InvalidCredentials
        | DomainError::SecondFactorRequired
        | DomainError::InvalidSecondFactor
        | DomainError::RecentLoginRequired => 401,
        DomainError::Forbidden
        | DomainError::EmailNotVerified
        | DomainError::AccountDisabled
        | DomainError::CodeRequired
        | DomainError::NotEligible(_) => 403,
        DomainError::NotFound => 404,
        DomainError::EmailTaken
        | DomainError::SecondFactorActive
        | DomainError::OrganizesCompetitions
        | DomainError::LastAdministrator
        | DomainError::LastOwner
        | DomainError::RequestInProgress
        | DomainError::CompetitionFull
        | DomainError::DivisionFull
        | DomainError::CodeUsedUp
        | DomainError::AlreadyRegistered
        | DomainError::RegistrationClosed
        | DomainError::NotOpenYet { .. }
        | DomainError::RegistrationPaused { .. }
        | DomainError::CapacityBelowRegistrations
        | DomainError::DivisionHasRegistrations
        | DomainError::StageHasResults
        | DomainError::BracketHasResults
        | DomainError::LaterMatchesPlayed
        | DomainError::RegistrationsWithoutDivision
        | DomainError::AnswersClosed
        | DomainError::ListTooLong
        | DomainError::AnnouncementSent
        | DomainError::TicketOfAnotherCompetition
        | DomainError::TicketCancelled
        | DomainError::TicketWaitlisted
        | DomainError::NotTakingPlace
        | DomainError::CheckInUndone => 409,
        DomainError::TokenInvalid => 410,
        DomainError::PreconditionFailed => 412,
        DomainError::UnsupportedPicture => 415,
        DomainError::Invalid(_)
        | DomainError::IdempotencyKeyReused
        | DomainError::TicketInvalid => 422,
        DomainError::TooManyRequests { .. } => 429,
        DomainError::Overloaded { .. } | DomainError::PicturesUnavailable { .. } => 503,
    }
}

/// Turns a code into a title: `competition-full` becomes "Competition full".
#[must_use]
pub fn problem_title(code: &str) -> String {
    let mut words = code.replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
