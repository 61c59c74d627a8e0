//! Cross-origin resource sharing (WHATWG Fetch): the origin of `FRONTEND_URL` may call the API from a
//! browser, with credentials; no other origin may.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::access_log::REQUEST_ID;
use crate::web::config::Config;

/// How long a browser may keep the result of a preflight request.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Returns the rules for the configured frontend; `None` without `FRONTEND_URL`.
pub(super) fn rules(config: &Config) -> Option<CorsLayer> {
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

/// Returns the rules if they apply to the request: no other origin may read pages.
pub(super) fn applicable<'a>(
    rules: &'a Option<CorsLayer>,
    request: &Request,
) -> Option<&'a CorsLayer> {
    let rules = rules.as_ref()?;
    request.uri().path().starts_with("/api/").then_some(rules)
}

/// Applies the rules, also to errors of inner layers.
pub(super) async fn apply<F: Future<Output = Response>>(
    rules: &CorsLayer,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    // The service is called at most once.
    let mut next = Some(next);
    let inner = service_fn(|request| {
        let responding = next.take().map(|next| next(request));
        async move {
            match responding {
                Some(responding) => Ok::<_, Infallible>(responding.await),
                None => Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
            }
        }
    });
    match rules.layer(inner).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
