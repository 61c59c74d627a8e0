//! Protects against cross-site request forgery: a page of another site must not act in a visitor's
//! name.
//!
//! Browsers state where a request comes from (`Sec-Fetch-Site`, `Origin`, `Referer`), and a page of
//! another site can't change that. This layer checks it for every method that may change something.
//! API requests with a bearer token are exempt, since no browser sends a token by itself.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    response::Response,
};
use url::Url;

use super::sessions;
use crate::{
    api::{self, ApiError},
    web::{config::Config, error_response::error_response},
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The properties of a request from which the decision is made.
#[derive(Debug, Clone, Copy, Default)]
struct RequestSource<'a> {
    /// Whether the method is safe (RFC 9110, section 9.2.1).
    safe: bool,
    /// Whether the request is addressed to the REST API.
    api: bool,
    /// Whether the request carries a bearer token.
    bearer: bool,
    /// Whether the request carries a session cookie.
    cookie: bool,
    /// The value of `Sec-Fetch-Site`.
    site: Option<&'a str>,
    /// The value of `Origin`.
    origin: Option<&'a str>,
    /// The value of `Referer`.
    referer: Option<&'a str>,
    /// The value of `Host`.
    host: Option<&'a str>,
}

/// The origins whose pages may send requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins {
    /// Our own origin, from `PUBLIC_URL`.
    own: String,
    /// The frontend's origin, from `FRONTEND_URL`; accepted by the API only.
    frontend: Option<String>,
}

impl Origins {
    /// Returns the origins of a configuration.
    pub(super) fn of(config: &Config) -> Self {
        Self {
            own: config.origin(),
            frontend: config.frontend_origin(),
        }
    }

    /// Whether `origin` is ours: the configured one, or the host to which the request was sent. Pages
    /// can't make a browser send another `Host`.
    fn is_own(&self, origin: &str, host: Option<&str>) -> bool {
        origin == self.own
            || host.is_some_and(|host| {
                origin
                    .strip_prefix("https://")
                    .or_else(|| origin.strip_prefix("http://"))
                    == Some(host)
            })
    }

    fn is_frontend(&self, origin: &str, api: bool) -> bool {
        api && self.frontend.as_deref() == Some(origin)
    }
}

/// Whether a request may be handled.
fn is_allowed(source: RequestSource<'_>, origins: &Origins) -> bool {
    if source.safe || (source.api && source.bearer) {
        return true;
    }
    let accepted = |origin: &str| {
        origins.is_own(origin, source.host) || origins.is_frontend(origin, source.api)
    };
    match (source.site, source.origin) {
        (Some("same-origin" | "none"), None) => true,
        (Some("same-origin" | "none"), Some(origin)) => origins.is_own(origin, source.host),
        (Some(_), Some(origin)) => origins.is_frontend(origin, source.api),
        (Some(_), None) => false,
        (None, Some(origin)) => accepted(origin),
        (None, None) => match source.referer {
            Some(referer) => {
                Url::parse(referer).is_ok_and(|url| accepted(&url.origin().ascii_serialization()))
            }
            // Not a browser, or a very old one: without a cookie there is no session to abuse.
            None => !source.cookie,
        },
    }
}

/// Returns the response 403 `cross-site` if a page of another site sent the request.
///
/// # Errors
/// Returns the response if the request must not be handled.
pub(super) fn check(
    origins: &Origins,
    config: &Config,
    request: &Request,
) -> Result<(), Box<Response>> {
    if is_safe(request.method()) {
        return Ok(());
    }
    let headers = request.headers();
    let path = request.uri().path();
    let source = RequestSource {
        safe: false,
        api: path.starts_with("/api/"),
        bearer: api::bearer_token(headers).is_some(),
        cookie: sessions::has_cookie(headers, config.https()),
        site: header_text(headers, &SEC_FETCH_SITE),
        origin: header_text(headers, &header::ORIGIN),
        referer: header_text(headers, &header::REFERER),
        host: header_text(headers, &header::HOST)
            .or_else(|| request.uri().authority().map(|a| a.as_str())),
    };
    if is_allowed(source, origins) {
        return Ok(());
    }
    tracing::warn!(
        http.sec_fetch_site = source.site,
        "Refused a request that was sent by a page of another site"
    );
    let error = ApiError::new(
        StatusCode::FORBIDDEN,
        "cross-site",
        "Came from another site",
        |t| t.request_errors.cross_site.to_owned(),
    );
    Err(Box::new(error_response(path, headers, error)))
}

fn is_safe(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    )
}

/// Returns a header's value as text. A value that is not text counts as an unknown origin and not as
/// an absent header.
fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        Origins {
            own: "https://compete.example".to_owned(),
            frontend: Some("https://app.example".to_owned()),
        }
    }

    fn may(source: RequestSource<'_>) -> bool {
        is_allowed(source, &origins())
    }

    #[test]
    fn safe_methods_are_always_allowed() {
        assert!(may(RequestSource {
            safe: true,
            cookie: true,
            site: Some("cross-site"),
            ..RequestSource::default()
        }));
    }

    #[test]
    fn our_own_pages_may_act() {
        for origin in [None, Some("https://compete.example")] {
            assert!(may(RequestSource {
                cookie: true,
                site: Some("same-origin"),
                origin,
                ..RequestSource::default()
            }));
        }
    }

    #[test]
    fn pages_of_other_sites_may_not_act_even_from_a_similar_host() {
        for (site, origin) in [
            (Some("cross-site"), Some("https://evil.example")),
            (Some("same-site"), Some("https://other.compete.example")),
            (Some("cross-site"), None),
            (Some("cross-site"), Some("https://compete.example")),
            (None, Some("https://evil.example")),
            (None, Some("https://compete.example.evil.example")),
            (None, Some("http://compete.example")),
            (None, Some("null")),
            (Some("same-origin"), Some("null")),
            (Some("none"), Some("https://evil.example")),
        ] {
            for cookie in [true, false] {
                let source = RequestSource {
                    cookie,
                    site,
                    origin,
                    ..RequestSource::default()
                };
                assert!(!may(source), "{source:?}");
            }
        }
    }

    #[test]
    fn the_host_a_request_was_sent_to_counts_as_our_own() {
        let source = |origin| RequestSource {
            cookie: true,
            origin: Some(origin),
            host: Some("127.0.0.1:4000"),
            ..RequestSource::default()
        };
        assert!(may(source("http://127.0.0.1:4000")));
        assert!(!may(source("http://127.0.0.1:4001")));
    }

    #[test]
    fn the_frontend_may_use_the_api_and_nothing_else() {
        let source = |api| RequestSource {
            api,
            cookie: true,
            site: Some("cross-site"),
            origin: Some("https://app.example"),
            ..RequestSource::default()
        };
        assert!(may(source(true)));
        assert!(!may(source(false)));
    }

    #[test]
    fn a_bearer_token_is_accepted_by_the_api_only() {
        let source = |api| RequestSource {
            api,
            bearer: true,
            cookie: true,
            site: Some("cross-site"),
            origin: Some("https://evil.example"),
            ..RequestSource::default()
        };
        assert!(may(source(true)));
        assert!(!may(source(false)));
    }

    #[test]
    fn a_request_without_browser_headers_must_not_carry_a_session_cookie() {
        let source = |cookie, referer| RequestSource {
            cookie,
            referer,
            ..RequestSource::default()
        };
        assert!(may(source(false, None)));
        assert!(!may(source(true, None)));
        assert!(may(source(true, Some("https://compete.example/login?x=1"))));
        assert!(!may(source(true, Some("https://evil.example/"))));
        assert!(!may(source(true, Some("nonsense"))));
    }
}
