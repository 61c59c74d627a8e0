//! Encodes errors as problem details (RFC 9457): the only form in which an error leaves the REST API.

use std::{fmt, sync::Arc};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    domain,
    model::{
        DomainError, Language, Problem,
        forms::{FieldError, FieldErrors, InvalidField},
        http_status, problem_title,
    },
    store::{ErrorKind, InfrastructureError},
    text::{Catalogue, catalogue},
};

/// The media type of problem details.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Seconds after which a request that met an outage may be repeated.
const OUTAGE_RETRY_AFTER_SECONDS: u64 = 2;

/// An error response of the API. Its sentences are chosen when it is rendered, in the language of the request.
#[derive(Debug)]
pub struct ApiError {
    reason: Reason,
    retry_after: Option<u64>,
}

/// Why a request failed.
#[derive(Debug)]
enum Reason {
    Domain(DomainError),
    Http {
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: Detail,
    },
}

/// Returns the sentence that explains an error, from a catalogue.
struct Detail(Box<dyn Fn(&Catalogue) -> String + Send + Sync>);

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&(self.0)(catalogue(Language::English)))
    }
}

/// The result of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

/// The error in a response, attached to it for the layer that renders it in another language than English.
#[derive(Debug, Clone)]
pub struct RenderedError(pub Arc<ApiError>);

impl ApiError {
    /// Creates an error of HTTP itself, which is not a [`DomainError`]. `code` is the last segment of the
    /// problem's `type`, and `detail` returns the sentence that explains it.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Fn(&Catalogue) -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            reason: Reason::Http {
                status,
                code,
                title,
                detail: Detail(Box::new(detail)),
            },
            retry_after: None,
        }
    }

    /// Adds `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Returns the problem document in English.
    #[must_use]
    pub fn problem(&self) -> Problem {
        self.problem_in(Language::English)
    }

    /// Returns the problem document in a language.
    #[must_use]
    pub fn problem_in(&self, language: Language) -> Problem {
        let t = catalogue(language);
        match &self.reason {
            Reason::Domain(error) => problem_of(error, language),
            Reason::Http {
                status,
                code,
                title,
                detail,
            } => Problem::new(code, status.as_u16(), title, (detail.0)(t)),
        }
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match &self.reason {
            Reason::Domain(error) => StatusCode::from_u16(http_status(error))
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            Reason::Http { status, .. } => *status,
        }
    }

    /// Returns the value of `Retry-After` in seconds; `None` if there is none.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after
    }
}

/// Returns the problem document of a domain error in a language.
#[must_use]
pub fn problem_of(error: &DomainError, language: Language) -> Problem {
    let t = catalogue(language);
    let mut problem = Problem::new(
        error.code(),
        http_status(error),
        &problem_title(error.code()),
        t.domain_errors.explain_to_client(error),
    );
    match error {
        DomainError::Invalid(errors) => {
            let field_error = |invalid: &InvalidField| FieldError {
                field: invalid.field.clone(),
                message: t.field_problem(&invalid.problem),
            };
            problem.errors = errors.iter().map(field_error).collect();
        }
        DomainError::NotOpenYet { opens_at, .. } => problem.opens_at = Some(*opens_at),
        _ => {}
    }
    problem
}

impl From<DomainError> for ApiError {
    fn from(error: DomainError) -> Self {
        Self {
            retry_after: error.retry_after(),
            reason: Reason::Domain(error),
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
                    |t| t.request_errors.unavailable.to_owned(),
                )
                .retry_after(OUTAGE_RETRY_AFTER_SECONDS)
            }
            ErrorKind::Duplicate | ErrorKind::MissingReference | ErrorKind::Internal => {
                tracing::error!(%error, "A request failed with 500: internal error");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal-error",
                    "Internal error",
                    |t| t.request_errors.internal_error.to_owned(),
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
        let status = self.status();
        let mut response = (status, Json(self.problem())).into_response();
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
        let error = RenderedError(Arc::new(self));
        response.extensions_mut().insert(error);
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
