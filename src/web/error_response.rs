//! Responses to requests that fail before or outside of a page or API handler: problem details
//! (RFC 9457) for programs, an HTML page for people.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};

use crate::{
    api::ApiError,
    model::{Language, html::escape},
    text::catalogue,
};

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
            Self::Page => page(error),
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

/// The error of a response for a person, attached for the layers that render it in the language of the request and
/// as a page of the site (`middleware::error_pages`).
#[derive(Debug, Clone)]
pub(super) struct ErrorOfPage(pub(super) Arc<ApiError>);

impl ErrorOfPage {
    /// Returns whether a page of the site is rendered. Where the server is overloaded or broken it is not: the plain
    /// page costs nothing and can't fail.
    pub(super) fn is_page_of_the_site(&self) -> bool {
        self.0.status().is_client_error()
    }
}

/// Returns the heading of an error page.
pub(super) fn heading(error: &ApiError, language: Language) -> String {
    let t = catalogue(language);
    let problem = error.problem();
    let code = problem.kind.rsplit('/').next().unwrap_or_default();
    match code {
        "not-found" => t.frame.not_found_title,
        "forbidden" => t.frame.forbidden_title,
        "too-large" => t.frame.too_large_title,
        "picture-too-large" => t.frame.too_large_picture_title,
        "bad-request" => t.request_errors.bad_request_title,
        "timeout" => t.request_errors.timed_out_title,
        "cross-site" => t.request_errors.cross_site_title,
        "unreadable-form" => t.request_errors.unreadable_form_title,
        "method-not-allowed" => t.request_errors.method_not_allowed_title,
        "too-many-requests" => t.frame.too_fast_title,
        "overloaded" => t.request_errors.overloaded_title,
        "unavailable" => t.request_errors.unavailable_title,
        "internal-error" => t.request_errors.internal_error_title,
        _ => return problem.title,
    }
    .to_owned()
}

/// Returns a plain page about an error.
pub(super) fn plain_page(error: &ApiError, language: Language) -> String {
    let title = escape(&heading(error, language));
    let detail = escape(&error.problem_in(language).detail);
    let t = catalogue(language);
    format!(
        "<!DOCTYPE html><html lang=\"{tag}\" dir=\"{direction}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · {name}</title></head><body><main><h1>{title}</h1>\
         <p role=\"alert\">{detail}</p><p><a href=\"/\">{back}</a></p>\
         </main></body></html>",
        tag = language.tag(),
        direction = language.direction(),
        name = t.frame.name,
        back = t.request_errors.back_to_front_page,
    )
}

fn page(error: ApiError) -> Response {
    let html = Html(plain_page(&error, Language::English));
    let mut response = (error.status(), html).into_response();
    if let Some(seconds) = error.retry_after_seconds() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
        .extensions_mut()
        .insert(ErrorOfPage(Arc::new(error)));
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
