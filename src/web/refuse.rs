//! A "no" before any page or handler could say it: problem details for programs, a plain page for
//! people.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use crate::{api::ApiError, model::html::escape};

/// Answers with `error`, in the form that fits who asks.
pub(super) fn refuse(path: &str, headers: &HeaderMap, error: ApiError) -> Response {
    Form::fit_for(path, headers).refuse(error)
}

/// The form of a "no", known before the request is handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Page,
    /// For programs.
    Problem,
}

impl Form {
    /// The one that fits who asks.
    pub(super) fn fit_for(path: &str, headers: &HeaderMap) -> Self {
        if wants_page(path, headers) {
            Self::Page
        } else {
            Self::Problem
        }
    }

    /// Answers with `error` in this form.
    pub(super) fn refuse(self, error: ApiError) -> Response {
        match self {
            Self::Page => page(&error),
            Self::Problem => error.into_response(),
        }
    }
}

/// People's browsers ask for HTML; programs call the API, and scripts of ours accept JSON.
pub(super) fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    !path.starts_with("/api/")
        && headers
            .get_all(header::ACCEPT)
            .iter()
            .any(|value| value.to_str().is_ok_and(|text| text.contains("text/html")))
}

/// What a refusal's page says, for the layer that makes a page like all others of it
/// ([`pages::refusals`](super::pages::refusals)). Not where there is too much to do already, or
/// where something broke: the bare page costs nothing and can't fail.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// The heading.
    pub(super) title: String,
    /// Why, and what to do.
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
    if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        response.extensions_mut().insert(Words {
            title: problem.title.clone(),
            detail: problem.detail.clone(),
        });
    }
    if let Some(seconds) = error.seconds() {
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
    fn people_get_a_page_and_programs_get_a_problem() {
        assert!(wants_page("/competitions", &accept("text/html,*/*;q=0.8")));
        assert!(!wants_page("/api/v1/me", &accept("text/html")));
        assert!(!wants_page("/act/register", &accept("application/json")));
        assert!(!wants_page("/competitions", &HeaderMap::new()));
    }
}
