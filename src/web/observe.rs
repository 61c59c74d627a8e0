//! Every request leaves a line in the log and a mark in the figures: method, route, status, time.
//! Never a path as it was typed, a query string, or who asked.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::HeaderValue,
    middleware::Next,
    response::Response,
};
use tracing::Instrument;
use uuid::Uuid;

use super::REQUEST_ID;
use crate::ops::metrics::names;

/// The label of requests that no route matched: paths people type are without number.
const UNMATCHED: &str = "unmatched";

pub(super) async fn layer(request: Request, next: Next) -> Response {
    // In every log line about the request, and in its answer.
    let id = Uuid::now_v7();
    let method = method(request.method().as_str());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| UNMATCHED.to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", %id, method, %route);

    let start = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = start.elapsed();

    let status = response.status();
    let ms = u64::try_from(elapsed.as_micros()).map_or(f64::MAX, |micros| micros as f64 / 1000.0);
    // Those who ask whether we live, every second, would drown everything else.
    if matches!(route.as_str(), "/healthz" | "/readyz") && status.is_success() {
        tracing::debug!(parent: &span, status = status.as_u16(), ms, "answered");
    } else {
        tracing::info!(parent: &span, status = status.as_u16(), ms, "answered");
    }
    metrics::counter!(
        names::HTTP_REQUESTS,
        "route" => route.clone(), "method" => method, "status" => status.as_str().to_owned(),
    )
    .increment(1);
    metrics::histogram!(names::HTTP_SECONDS, "route" => route).record(elapsed);

    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Methods are free text in HTTP; labels must not be.
fn method(text: &str) -> &'static str {
    match text {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}
