//! Counts the visitors of competitions' pages by their language and by the domain of the page that sent them.
//!
//! Nothing else about a visitor is kept, and nothing is stored in the browser. What a page loads in the background is no
//! arrival, and neither is a page that a browser loads ahead.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::Response,
};
use url::Url;

use super::{
    middleware::{
        request_language,
        wrap::{InnerService, Inside, Middleware},
    },
    state::AppState,
};
use crate::{
    domain::tallies::Tallies,
    model::{CompetitionId, Language, TallyKind},
    ui::paths::COMPETITIONS,
};

/// A visitor who opens the page of a competition.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Arrival {
    competition: CompetitionId,
    language: Language,
    /// The domain of the page that sent the visitor; empty if there was none.
    referrer: String,
}

/// Counts the arrivals of visitors.
pub(super) struct Arrivals(Tallies);

impl Arrivals {
    pub(super) fn new(state: &AppState) -> Self {
        Self(state.services.tallies.clone())
    }
}

impl Middleware for Arrivals {
    async fn respond<I: InnerService>(
        self: Arc<Self>,
        request: Request,
        inner: Inside<I>,
    ) -> Response {
        let arrival = arrival(&request);
        let response = inner.run(request).await;
        let shown = matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED);
        if let Some(arrival) = arrival.filter(|_| shown) {
            let Self(tallies) = &*self;
            let language = arrival.language.tag();
            tallies.count(arrival.competition, TallyKind::Language, language);
            tallies.count(arrival.competition, TallyKind::Referrer, &arrival.referrer);
        }
        response
    }
}

/// Returns the arrival that a request is; `None` if it is for something else.
fn arrival(request: &Request) -> Option<Arrival> {
    let id = request.uri().path().strip_prefix(COMPETITIONS)?;
    let competition = id.strip_prefix('/')?.parse().ok()?;
    let opens = *request.method() == Method::GET && is_navigation(request.headers());
    opens.then(|| Arrival {
        competition,
        language: request_language::of(request),
        referrer: referrer(request.headers()).unwrap_or_default(),
    })
}

/// Returns whether a browser shows the response as a page, now and not later. Clients that say nothing about it count.
fn is_navigation(headers: &HeaderMap) -> bool {
    let says = |name, value: &str| headers.get(name).is_some_and(|said| said == value);
    let navigates = !headers.contains_key("sec-fetch-mode") || says("sec-fetch-mode", "navigate");
    navigates && !headers.contains_key("sec-purpose") && !says("purpose", "prefetch")
}

/// Returns the domain of the page that sent the visitor.
fn referrer(headers: &HeaderMap) -> Option<String> {
    let referrer = headers.get(header::REFERER)?.to_str().ok()?;
    let referrer = Url::parse(referrer).ok()?;
    // Applications send addresses of their own kind, and IP addresses are no domains.
    let is_page = matches!(referrer.scheme(), "http" | "https");
    let domain = referrer.domain().filter(|_| is_page)?;
    Some(domain.strip_prefix("www.").unwrap_or(domain).to_owned())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(path: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn a_visitor_arrives_on_the_page_of_a_competition_from_a_domain() {
        let id = CompetitionId::new();
        let path = format!("/competitions/{id}?utm_source=x");
        for (sent, domain) in [
            ("https://www.Example.org/a?b=c", "example.org"),
            ("https://news.example.org:8443/", "news.example.org"),
            ("https://192.0.2.1/", ""),
            ("android-app://com.example", ""),
            ("nonsense", ""),
        ] {
            let arrival = arrival(&request(&path, &[("referer", sent)])).unwrap();
            assert_eq!((arrival.competition, &*arrival.referrer), (id, domain));
        }
    }

    #[test]
    fn other_pages_and_what_is_loaded_in_the_background_or_ahead_are_no_arrivals() {
        let page = format!("/competitions/{}", CompetitionId::new());
        assert!(arrival(&request(&page, &[("sec-fetch-mode", "navigate")])).is_some());
        for headers in [
            [("sec-fetch-mode", "cors")],
            [("sec-purpose", "prefetch;prerender")],
            [("purpose", "prefetch")],
        ] {
            assert_eq!(arrival(&request(&page, &headers)), None, "{headers:?}");
        }
        for path in [
            "/",
            "/competitions",
            "/competitions/x",
            &format!("{page}/cover.svg"),
        ] {
            assert_eq!(arrival(&request(path, &[])), None, "{path}");
        }
    }
}
