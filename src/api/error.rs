//! How a "no" or a failure leaves the REST API: problem details (RFC 9457), always.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    domain,
    model::{DomainError, Problem, forms::FieldErrors},
    store::{ErrorKind, InfrastructureError},
};

/// The content type of problem details.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Seconds after which a request that met an outage may be repeated.
const OUTAGE: u64 = 2;

/// An answer that is not a success.
#[derive(Debug)]
pub struct ApiError {
    problem: Box<Problem>,
    retry_after: Option<u64>,
}

/// What handlers return.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A problem of HTTP itself, outside the list of refusals.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            problem: Box::new(Problem::new(code, status.as_u16(), title, detail)),
            retry_after: None,
        }
    }

    /// The same, with a hint when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The problem document.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Seconds after which trying again makes sense.
    #[must_use]
    pub fn seconds(&self) -> Option<u64> {
        self.retry_after
    }
}

impl From<DomainError> for ApiError {
    fn from(refusal: DomainError) -> Self {
        Self {
            retry_after: refusal.retry_after(),
            problem: Box::new(Problem::from(&refusal)),
        }
    }
}

impl From<FieldErrors> for ApiError {
    fn from(errors: FieldErrors) -> Self {
        DomainError::Invalid(errors).into()
    }
}

impl From<InfrastructureError> for ApiError {
    fn from(fault: InfrastructureError) -> Self {
        match fault.kind() {
            ErrorKind::Unavailable
            | ErrorKind::Conflict
            | ErrorKind::LockTimeout
            | ErrorKind::StatementTimeout => {
                tracing::error!(error = %fault, "infrastructure is away");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "Unavailable",
                    "Something we need is away for a moment. Trying again is safe.",
                )
                .retry_after(OUTAGE)
            }
            ErrorKind::Duplicate | ErrorKind::MissingReference | ErrorKind::Internal => {
                tracing::error!(error = %fault, "a fault");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal-error",
                    "Internal error",
                    "Something went wrong on our side. It has been noted.",
                )
            }
        }
    }
}

impl From<domain::Error> for ApiError {
    fn from(error: domain::Error) -> Self {
        match error {
            domain::Error::Domain(refusal) => refusal.into(),
            domain::Error::Infrastructure(fault) => fault.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&*self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"mini-compete\""),
            );
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_status_and_says_when_to_come_back() {
        let response =
            ApiError::from(DomainError::TooManyRequests { retry_after: 7 }).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "7");
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }

    #[test]
    fn who_is_not_known_is_told_how_to_say_who_they_are() {
        let response = ApiError::from(DomainError::Unauthenticated).into_response();
        assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
    }

    #[test]
    fn a_fault_says_nothing_about_itself() {
        let error = ApiError::from(InfrastructureError::internal("password=hunter2"));
        assert_eq!(error.problem().status, 500);
        assert!(!error.problem().detail.contains("hunter2"));
    }
}
