//! `FRONTEND_URL` may call the API from a browser, with credentials; nobody else may.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{Config, REQUEST_ID};

/// How long a browser may remember what it was allowed.
const REMEMBER: Duration = Duration::from_secs(600);

/// The rules, where there is a frontend elsewhere.
pub(super) fn api(config: &Config) -> Option<CorsLayer> {
    let origin = HeaderValue::try_from(config.frontend_origin()?).ok()?;
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list([origin]))
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
            .allow_headers([
                header::ACCEPT,
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_MATCH,
                header::IF_NONE_MATCH,
                HeaderName::from_static("idempotency-key"),
            ])
            .expose_headers([
                header::ETAG,
                header::LOCATION,
                header::RETRY_AFTER,
                HeaderName::from_static("idempotency-replayed"),
                REQUEST_ID,
            ])
            .max_age(REMEMBER),
    )
}

/// Applies them to the API, refusals by other layers included; pages are nobody else's to read.
pub(super) async fn layer(
    State(rules): State<Option<CorsLayer>>,
    request: Request,
    next: Next,
) -> Response {
    match rules {
        Some(rules) if request.uri().path().starts_with("/api/") => {
            match rules.layer(next).oneshot(request).await {
                Ok(response) => response.into_response(),
                Err(never) => match never {},
            }
        }
        _ => next.run(request).await,
    }
}
