//! Cross-origin resource sharing (WHATWG Fetch): the origin of `FRONTEND_URL` may call the API from a
//! browser, with credentials; no other origin may.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::access_log::REQUEST_ID;
use crate::web::config::Config;

/// How long a browser may keep the result of a preflight request.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Returns the rules for the configured frontend; `None` without `FRONTEND_URL`.
pub(in crate::web) fn rules(config: &Config) -> Option<CorsLayer> {
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
            .max_age(MAX_AGE),
    )
}

/// Applies the rules to the API, including errors of inner layers. No other origin may read pages.
pub(in crate::web) async fn layer(
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
