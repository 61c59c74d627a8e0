//! How a "no" looks in JSON: problem details (RFC 9457).

use serde::{Deserialize, Serialize};

use super::{DomainError, forms::FieldError};

/// A problem document, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A relative reference whose last segment is the code, e.g. `/problems/competition-full`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short and the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to know about this occurrence.
    pub detail: String,
    /// Which fields, when it is about fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem outside the list of refusals (malformed HTTP, faults).
    #[must_use]
    pub fn new(code: &str, status: u16, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }
}

impl From<&DomainError> for Problem {
    fn from(refusal: &DomainError) -> Self {
        let mut problem = Self::new(
            refusal.code(),
            http_status(refusal),
            &title(refusal.code()),
            refusal.to_string(),
        );
        if let DomainError::Invalid(errors) = refusal {
            problem.errors = errors.iter().cloned().collect();
        }
        problem
    }
}

/// Returns the HTTP status of the response that reports `error` (RFC 9110; 429 is from RFC 6585).
#[must_use]
pub const fn http_status(error: &DomainError) -> u16 {
    match error {
        DomainError::IdempotencyKeyRequired => 400,
        DomainError::Unauthenticated | DomainError::InvalidCredentials => 401,
        DomainError::Forbidden => 403,
        DomainError::NotFound => 404,
        DomainError::EmailTaken
        | DomainError::RequestInProgress
        | DomainError::CompetitionFull
        | DomainError::AlreadyRegistered
        | DomainError::RegistrationClosed
        | DomainError::CapacityBelowRegistrations => 409,
        DomainError::PreconditionFailed => 412,
        DomainError::Invalid(_) | DomainError::IdempotencyKeyReused => 422,
        DomainError::TooManyRequests { .. } => 429,
        DomainError::Overloaded { .. } => 503,
    }
}

/// `competition-full` reads "Competition full".
fn title(code: &str) -> String {
    let mut words = code.replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
