//! Encodes errors as problem details (RFC 9457): the only form in which an error leaves the REST API.

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

/// The media type of problem details.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Seconds after which a request that met an outage may be repeated.
const OUTAGE_RETRY_AFTER_SECONDS: u64 = 2;

/// An error response of the API.
#[derive(Debug)]
pub struct ApiError {
    problem: Box<Problem>,
    retry_after: Option<u64>,
}

/// The result of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// Creates an error of HTTP itself, which is not a [`DomainError`]. `code` is the last segment of the
    /// problem's `type`.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            problem: Box::new(Problem::new(code, status.as_u16(), title, detail)),
            retry_after: None,
        }
    }

    /// Adds `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Returns the problem document.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns the value of `Retry-After` in seconds; `None` if there is none.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after
    }
}

impl From<DomainError> for ApiError {
    fn from(error: DomainError) -> Self {
        Self {
            retry_after: error.retry_after(),
            problem: Box::new(Problem::from(&error)),
        }
    }
}

impl From<FieldErrors> for ApiError {
    fn from(errors: FieldErrors) -> Self {
        DomainError::Invalid(errors).into()
    }
}

impl From<InfrastructureError> for ApiError {
    fn from(error: InfrastructureError) -> Self {
        match error.kind() {
            ErrorKind::Unavailable
            | ErrorKind::Conflict
            | ErrorKind::LockTimeout
            | ErrorKind::StatementTimeout => {
                tracing::error!(%error, "A request failed with 503: the database or another service is unavailable");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "Unavailable",
                    "Something we need is away for a moment. Trying again is safe.",
                )
                .retry_after(OUTAGE_RETRY_AFTER_SECONDS)
            }
            ErrorKind::Duplicate | ErrorKind::MissingReference | ErrorKind::Internal => {
                tracing::error!(%error, "A request failed with 500: internal error");
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
            domain::Error::Domain(error) => error.into(),
            domain::Error::Infrastructure(error) => error.into(),
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
    fn a_domain_error_keeps_its_status_and_retry_after() {
        let response =
            ApiError::from(DomainError::TooManyRequests { retry_after: 7 }).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "7");
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }

    #[test]
    fn an_unauthenticated_client_learns_how_to_authenticate() {
        let response = ApiError::from(DomainError::Unauthenticated).into_response();
        assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
    }

    #[test]
    fn an_infrastructure_error_is_opaque() {
        let error = ApiError::from(InfrastructureError::internal("password=hunter2"));
        assert_eq!(error.problem().status, 500);
        assert!(!error.problem().detail.contains("hunter2"));
    }
}
