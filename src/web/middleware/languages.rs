//! The language of each response.
//!
//! | order | source | where |
//! | --- | --- | --- |
//! | 1 | the parameter `lang` of a page's address, which the cookie `mc_lang` keeps | pages and forms |
//! | 2 | the cookie `mc_lang` | pages and forms |
//! | 3 | the language of the account ([`follows_account`]) | pages and forms |
//! | 4 | the header `Accept-Language` | everywhere |
//!
//! A choice is kept only if the visitor goes to the page: a script that fetches it in the background, in a tab
//! that was opened in another language, chooses nothing.
//!
//! The language is attached to the request, and so is its [`LanguageSource`], if it has one. The account is known
//! only inside, so a response to it carries its language for the layers outside.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::Response,
};
use tower_sessions::cookie::time::Duration;
use url::form_urlencoded;

use super::{cookies, request_language::LanguageSource};
use crate::{
    api::{ApiError, PROBLEM_JSON, RenderedError},
    model::Language,
    text::OFFERED,
    web::{
        config::Config,
        handlers::{embed, manifest},
    },
};

/// The parameter of an address that chooses a language.
const PARAMETER: &str = "lang";
/// The cookie that keeps the choice.
const COOKIE: &str = "mc_lang";
/// How long the choice is kept.
const LIFETIME: Duration = Duration::days(365);
/// What else than the address selects a response in a language.
const VARY: HeaderValue = HeaderValue::from_static("accept-language, cookie");

/// Returns whether the language of a request is that of the account which is logged in: not where the visitor has
/// chosen another one, and not in the API, where each request says what its sender reads.
pub(super) fn follows_account(request: &Request) -> bool {
    request.extensions().get() != Some(&LanguageSource::Chosen)
        && !request.uri().path().starts_with("/api/")
}

/// Returns the language of a response, which is that of its request unless an inner layer knew better.
pub(super) fn of_response(response: &Response, of_request: Language) -> Language {
    let attached = response.extensions().get().copied();
    attached.unwrap_or(of_request)
}

/// Attaches its language to a request, and keeps the visitor's choice.
pub(super) async fn negotiated<F: Future<Output = Response>>(
    config: &Config,
    mut request: Request,
    respond: impl FnOnce(Request) -> F,
) -> Response {
    let headers = request.headers();
    let path = request.uri().path();
    let is_api = path.starts_with("/api/");
    let has_cookies = !is_api && !embed::is_embedded(path);
    let kept = match has_cookies {
        false => None,
        true => cookies::read(headers, config, COOKIE).and_then(offered),
    };
    let asked = match *request.method() {
        Method::GET | Method::HEAD if !is_api => asked(request.uri()),
        _ => None,
    };
    let navigates = headers
        .get("sec-fetch-mode")
        .is_none_or(|mode| mode == "navigate");
    let chosen = asked.or(kept);
    let (source, language) = match (chosen, accepted(headers)) {
        (Some(chosen), _) => (Some(LanguageSource::Chosen), chosen),
        (None, Some(accepted)) => (Some(LanguageSource::Accepted), accepted),
        (None, None) => (None, Language::default()),
    };
    let extensions = request.extensions_mut();
    extensions.insert(language);
    if let Some(source) = source {
        extensions.insert(source);
    }
    let mut response = respond(request).await;
    if let Some(error) = response.extensions_mut().remove::<RenderedError>() {
        let language = of_response(&response, language);
        response = translated(response, &error.0, language);
    }
    let headers = response.headers_mut();
    if depends_on_language(headers) {
        headers.append(header::VARY, VARY);
    }
    if let Some(asked) = asked.filter(|asked| has_cookies && navigates && kept != Some(*asked)) {
        cookies::set(headers, config, COOKIE, asked.tag(), LIFETIME);
    }
    response
}

/// Returns a response with problem details in a language.
fn translated(response: Response, error: &ApiError, language: Language) -> Response {
    let (mut head, body) = response.into_parts();
    let tag = HeaderValue::from_static(language.tag());
    head.headers.insert(header::CONTENT_LANGUAGE, tag);
    if language == Language::English {
        return Response::from_parts(head, body);
    }
    match serde_json::to_vec(&error.problem_in(language)) {
        Ok(problem) => {
            head.headers.remove(header::CONTENT_LENGTH);
            head.headers.remove(header::CONTENT_ENCODING);
            Response::from_parts(head, Body::from(problem))
        }
        // Then the reader knows English, too.
        Err(error) => {
            tracing::error!(%error, "A problem could not be written in another language");
            Response::from_parts(head, body)
        }
    }
}

/// Returns the language that an address asks for.
fn asked(uri: &Uri) -> Option<Language> {
    let query = uri.query()?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, tag) = pairs.find(|(name, _)| name == PARAMETER)?;
    offered(&tag)
}

fn offered(tag: &str) -> Option<Language> {
    Language::with_tag(tag).filter(|language| OFFERED.contains(language))
}

/// Returns the language that the client prefers.
fn accepted(headers: &HeaderMap) -> Option<Language> {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter();
    Language::preferred(lines.filter_map(|line| line.to_str().ok()), OFFERED)
}

/// Returns whether a response has sentences in the language of the request: pages, calendar files, the manifest and
/// problem details.
fn depends_on_language(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    content_type.is_some_and(|name| {
        let kinds = [
            "text/html",
            "text/calendar",
            manifest::CONTENT_TYPE,
            PROBLEM_JSON,
        ];
        kinds.iter().any(|kind| name.starts_with(kind.as_bytes()))
    })
}
