//! Documents: complete responses that are the same for every anonymous visitor, kept as bytes.
//!
//! ```text
//! request ── for a public document? ── no ─────────────────────────▶ handler
//!                    │ yes
//!                    ▼
//!            fresh in the cache? ── yes ──▶ 200 in the best encoding, or 304
//!                    │ no
//!                    ▼
//!     handler, with the canonical request ── declares a lifetime? ── no ──▶ its response
//!                    │ yes
//!                    ▼
//!            kept, and sent as above
//! ```
//!
//! Only requests without a session, a flash message or a token are for public documents. On a miss the
//! handler does not get the visitor's request but the canonical one, which has the known parameters of the
//! address, its language and no header but that it may be answered with a page, so that nothing that one visitor sends can
//! appear in what others get (cache poisoning). Whether a kept document is still true is decided by
//! [`FreshCache`].

mod address;
mod document;
pub(super) mod encoding;

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::body::Body as _;

use self::{address::PublicAddress, document::Document};
use super::{
    config::Config,
    error_response::wants_page,
    middleware::{
        cookies, rate_limits, request_language, sessions,
        wrap::{InnerService, Inside, Middleware},
    },
    state::AppState,
};
use crate::{
    domain::{
        ClientAddress,
        catalog::{Computed, FreshCache, PublicLifetime},
    },
    ops::Clock,
};

/// The memory for documents, in bytes.
const MEMORY: u64 = 48 << 20;
/// The largest document that is kept, in bytes.
const MAX_DOCUMENT: usize = 4 << 20;

/// The documents of this process: answers requests for public documents from the cache, and fills it.
pub(super) struct Documents {
    cache: FreshCache<PublicAddress, Document>,
    config: Arc<Config>,
    limiter: rate_limits::RateLimitState,
    clock: Clock,
}

impl Documents {
    pub(super) fn new(state: &AppState, limiter: rate_limits::RateLimitState) -> Self {
        let changes = state.services.changes.clone();
        Self {
            cache: FreshCache::new(MEMORY, changes, state.clock.clone()),
            config: state.config.clone(),
            limiter,
            clock: state.clock.clone(),
        }
    }
}

impl Middleware for Documents {
    async fn respond<I: InnerService>(
        self: Arc<Self>,
        request: Request,
        inner: Inside<I>,
    ) -> Response {
        let Some(address) = public_address(&request, &self.config) else {
            return inner.run(request).await;
        };
        let scope = address.scope();
        let client = request.extensions().get::<ClientAddress>().copied();
        if let Some(document) = self.cache.get(&address, scope).await {
            // A miss is counted by the API's own layer.
            if address.is_api()
                && let Err(exceeded) = self.limiter.count_anonymous(client).await
            {
                return rate_limits::too_many_requests(exceeded).into_response();
            }
            return document.respond(request.method(), request.headers(), self.clock.now());
        }
        // The handler makes no body for HEAD.
        if request.method() != Method::GET {
            return inner.run(request).await;
        }
        let headers = request.headers().clone();
        let canonical = canonical(request, &address);
        let tells_time = address.tells_time();
        let rendering = async || render(canonical, inner, tells_time).await;
        match self.cache.get_or_compute(address, scope, rendering).await {
            Ok(document) => document.respond(&Method::GET, &headers, self.clock.now()),
            Err(response) => *response,
        }
    }
}

/// Returns the address of the public document that is requested; `None` if the response depends on who
/// asks, or on anything that is not a part of the address.
fn public_address(request: &Request, config: &Config) -> Option<PublicAddress> {
    let headers = request.headers();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let personal = headers.contains_key(header::AUTHORIZATION)
        || sessions::has_cookie(headers, config.https())
        || cookies::has_flash(headers, config);
    (reads && !personal)
        .then(|| PublicAddress::of(request.uri(), request_language::of(request)))
        .flatten()
}

/// Returns the request for the document that every visitor would send.
fn canonical(request: Request, address: &PublicAddress) -> Request {
    let (mut parts, _) = request.into_parts();
    // Responses that are kept do not depend on it; errors are pages or problems.
    let page = wants_page(parts.uri.path(), &parts.headers);
    parts.uri = address.uri();
    parts.headers = HeaderMap::new();
    if page {
        let html = HeaderValue::from_static("text/html");
        parts.headers.insert(header::ACCEPT, html);
    }
    parts.extensions.insert(PublicLifetime::default());
    Request::from_parts(parts, Body::empty())
}

/// Has the document rendered.
///
/// # Errors
/// Returns the response if it must not be kept.
async fn render<I: InnerService>(
    request: Request,
    inner: Inside<I>,
    tells_time: bool,
) -> Result<Computed<Document>, Box<Response>> {
    let lifetime = request.extensions().get::<PublicLifetime>().cloned();
    let response = inner.run(request).await;
    let declared = lifetime.and_then(|lifetime| lifetime.declared());
    let Some(valid_until) = declared else {
        return Err(Box::new(response));
    };
    let too_large = response.body().size_hint().lower() > MAX_DOCUMENT as u64;
    if response.status() != StatusCode::OK
        || response.headers().contains_key(header::SET_COOKIE)
        || too_large
    {
        return Err(Box::new(response));
    }
    let (head, body) = response.into_parts();
    match to_bytes(body, MAX_DOCUMENT).await {
        Ok(body) => {
            let document = if tells_time {
                let kept = Document::telling_time(&head.headers, body.clone());
                kept.ok_or_else(|| Box::new(Response::from_parts(head, Body::from(body))))?
            } else {
                Document::new(&head.headers, body)
            };
            Ok(Computed {
                size: document.size(),
                value: document,
                valid_until,
            })
        }
        Err(error) => {
            tracing::error!(%error, "A public document could not be read from its handler");
            Err(Box::new(StatusCode::INTERNAL_SERVER_ERROR.into_response()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Language;

    #[test]
    fn an_error_has_the_format_that_the_visitor_accepts() {
        for (accept, page) in [
            ("text/html,application/xhtml+xml;q=0.9", true),
            ("application/json", false),
        ] {
            let mut request = Request::get("/competitions").body(Body::empty()).unwrap();
            let address = PublicAddress::of(request.uri(), Language::English).unwrap();
            let headers = request.headers_mut();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            headers.insert(header::REFERER, HeaderValue::from_static("/x"));
            let canonical = canonical(request, &address);
            assert_eq!(wants_page("/competitions", canonical.headers()), page);
            assert!(!canonical.headers().contains_key(header::REFERER));
        }
    }
}
