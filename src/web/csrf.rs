//! Nobody else's page may act in a visitor's name.
//!
//! Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`, `Referer`); a page elsewhere
//! cannot change that. One layer asks, for every method that may change something; requests that
//! prove themselves with a bearer token are exempt, since no browser sends one by itself.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use url::Url;

use super::{Config, refuse::refuse, session};
use crate::api::{self, ApiError};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What decides about a request, and nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// Whether the method can only read.
    pub safe: bool,
    /// Whether it is about the REST API.
    pub api: bool,
    /// Whether it shows a bearer token.
    pub bearer: bool,
    /// Whether it carries a session cookie.
    pub cookie: bool,
    /// `Sec-Fetch-Site`.
    pub site: Option<&'a str>,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Referer`.
    pub referer: Option<&'a str>,
    /// `Host`.
    pub host: Option<&'a str>,
}

/// Whose requests are welcome.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// Our own, by `PUBLIC_URL`.
    pub own: String,
    /// The frontend's, by `FRONTEND_URL`; for the API only.
    pub frontend: Option<String>,
}

impl Origins {
    /// Ours by name, or the very host the request was sent to (a browser never lies about that).
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

/// Whether a request may go on.
#[must_use]
pub fn allowed(facts: Facts<'_>, origins: &Origins) -> bool {
    if facts.safe || (facts.api && facts.bearer) {
        return true;
    }
    let welcome =
        |origin: &str| origins.is_own(origin, facts.host) || origins.is_frontend(origin, facts.api);
    match (facts.site, facts.origin) {
        (Some("same-origin" | "none"), None) => true,
        (Some("same-origin" | "none"), Some(origin)) => origins.is_own(origin, facts.host),
        (Some(_), Some(origin)) => origins.is_frontend(origin, facts.api),
        (Some(_), None) => false,
        (None, Some(origin)) => welcome(origin),
        (None, None) => match facts.referer {
            Some(referer) => {
                Url::parse(referer).is_ok_and(|url| welcome(&url.origin().ascii_serialization()))
            }
            // No browser, or a very old one: without a cookie there is nothing to abuse.
            None => !facts.cookie,
        },
    }
}

pub(super) async fn layer(
    State(config): State<Arc<Config>>,
    request: Request,
    next: Next,
) -> Response {
    if safe(request.method()) {
        return next.run(request).await;
    }
    let headers = request.headers();
    let path = request.uri().path();
    let facts = Facts {
        safe: false,
        api: path.starts_with("/api/"),
        bearer: api::bearer(headers).is_some(),
        cookie: session::has_cookie(headers, config.https()),
        site: text(headers, &SEC_FETCH_SITE),
        origin: text(headers, &header::ORIGIN),
        referer: text(headers, &header::REFERER),
        host: text(headers, &header::HOST)
            .or_else(|| request.uri().authority().map(|a| a.as_str())),
    };
    let origins = Origins {
        own: config.origin(),
        frontend: config.frontend_origin(),
    };
    if allowed(facts, &origins) {
        return next.run(request).await;
    }
    tracing::warn!(
        site = facts.site,
        "refused a request that another site sent"
    );
    let error = ApiError::new(
        StatusCode::FORBIDDEN,
        "cross-site",
        "Came from another site",
        "This request did not come from our own pages. Open the page here and try again.",
    );
    refuse(path, headers, error)
}

fn safe(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    )
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // What is no text is no origin either: it must not count as absent.
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

    fn may(facts: Facts<'_>) -> bool {
        allowed(facts, &origins())
    }

    #[test]
    fn reading_is_always_fine() {
        assert!(may(Facts {
            safe: true,
            cookie: true,
            site: Some("cross-site"),
            ..Facts::default()
        }));
    }

    #[test]
    fn our_own_pages_may_act() {
        for origin in [None, Some("https://compete.example")] {
            assert!(may(Facts {
                cookie: true,
                site: Some("same-origin"),
                origin,
                ..Facts::default()
            }));
        }
    }

    #[test]
    fn other_sites_may_not_even_with_a_neighbouring_name() {
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
                let facts = Facts {
                    cookie,
                    site,
                    origin,
                    ..Facts::default()
                };
                assert!(!may(facts), "{facts:?}");
            }
        }
    }

    #[test]
    fn the_host_a_request_was_sent_to_counts_as_our_own() {
        let facts = |origin| Facts {
            cookie: true,
            origin: Some(origin),
            host: Some("127.0.0.1:4000"),
            ..Facts::default()
        };
        assert!(may(facts("http://127.0.0.1:4000")));
        assert!(!may(facts("http://127.0.0.1:4001")));
    }

    #[test]
    fn the_frontend_may_use_the_api_and_nothing_else() {
        let facts = |api| Facts {
            api,
            cookie: true,
            site: Some("cross-site"),
            origin: Some("https://app.example"),
            ..Facts::default()
        };
        assert!(may(facts(true)));
        assert!(!may(facts(false)));
    }

    #[test]
    fn a_bearer_token_is_proof_enough_for_the_api_only() {
        let facts = |api| Facts {
            api,
            bearer: true,
            cookie: true,
            site: Some("cross-site"),
            origin: Some("https://evil.example"),
            ..Facts::default()
        };
        assert!(may(facts(true)));
        assert!(!may(facts(false)));
    }

    #[test]
    fn without_any_sign_of_a_browser_a_cookie_decides() {
        let facts = |cookie, referer| Facts {
            cookie,
            referer,
            ..Facts::default()
        };
        assert!(may(facts(false, None)));
        assert!(!may(facts(true, None)));
        assert!(may(facts(true, Some("https://compete.example/login?x=1"))));
        assert!(!may(facts(true, Some("https://evil.example/"))));
        assert!(!may(facts(true, Some("nonsense"))));
    }
}
