//! Responses to requests that fail before or outside of a page or API handler: problem details
//! (RFC 9457) for programs, an HTML page for people.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use crate::{api::ApiError, model::html::escape};

/// Returns the response that reports `error`, in the format that fits the request.
pub(super) fn error_response(path: &str, headers: &HeaderMap, error: ApiError) -> Response {
    ErrorFormat::negotiate(path, headers).render(error)
}

/// The format in which an error is reported. It is known before the request is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorFormat {
    /// An HTML page, for people.
    Page,
    /// Problem details, for programs.
    Problem,
}

impl ErrorFormat {
    /// Returns the format that fits a request with this path and these headers.
    pub(super) fn negotiate(path: &str, headers: &HeaderMap) -> Self {
        if wants_page(path, headers) {
            Self::Page
        } else {
            Self::Problem
        }
    }

    /// Returns the response that reports `error` in this format.
    pub(super) fn render(self, error: ApiError) -> Response {
        match self {
            Self::Page => page(&error),
            Self::Problem => error.into_response(),
        }
    }
}

/// Whether the request comes from a person's browser, which accepts HTML. Programs call the API, and
/// our own scripts accept JSON.
pub(super) fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    !path.starts_with("/api/")
        && headers
            .get_all(header::ACCEPT)
            .iter()
            .any(|value| value.to_str().is_ok_and(|text| text.contains("text/html")))
}

/// The texts of an error page, attached to a response for the layer that renders a page of the site
/// from them (`middleware::error_pages`).
///
/// They are not attached where the server is overloaded or broken: the plain page costs nothing and
/// can't fail.
#[derive(Debug, Clone)]
pub(super) struct ErrorPageTexts {
    /// The heading of the page.
    pub(super) title: String,
    /// What happened and what the person can do.
    pub(super) detail: String,
}

fn page(error: &ApiError) -> Response {
    let problem = error.problem();
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let [title, detail] = [&problem.title, &problem.detail].map(|text| escape(text));
    let mut response = (
        status,
        Html(format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title} · Mini Compete</title></head><body><main><h1>{title}</h1>\
             <p role=\"alert\">{detail}</p><p><a href=\"/\">Back to the front page</a></p>\
             </main></body></html>"
        )),
    )
        .into_response();
    if status.is_client_error() {
        response.extensions_mut().insert(ErrorPageTexts {
            title: problem.title.clone(),
            detail: problem.detail.clone(),
        });
    }
    if let Some(seconds) = error.retry_after_seconds() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(text))])
    }

    #[test]
    fn browsers_get_a_page_and_programs_get_a_problem() {
        assert!(wants_page("/competitions", &accept("text/html,*/*;q=0.8")));
        assert!(!wants_page("/api/v1/me", &accept("text/html")));
        assert!(!wants_page("/act/register", &accept("application/json")));
        assert!(!wants_page("/competitions", &HeaderMap::new()));
    }
}
