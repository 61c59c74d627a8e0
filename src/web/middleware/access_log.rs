//! Logs every request and counts it in the metrics: method, route, status and duration. A path as it
//! was typed, a query string and the client's identity are never written.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    response::Response,
};
use tracing::Instrument;
use uuid::{Builder, Uuid};

use crate::ops::metrics::names;

/// The response header that names the request, as all log lines about it do.
pub(in crate::web) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The label of requests that matched no route: typed paths are unlimited in number.
const UNMATCHED: &str = "unmatched";

/// Wraps the request in a span with its id, method and route, and records its outcome.
pub(super) async fn logged<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let id = request_id();
    let method = method_label(request.method().as_str());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| UNMATCHED.to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        http.method = method,
        http.route = %route
    );

    let start = Instant::now();
    let mut response = next(request).instrument(span.clone()).await;
    let elapsed = start.elapsed();

    let status = response.status();
    let duration_ms =
        u64::try_from(elapsed.as_micros()).map_or(f64::MAX, |micros| micros as f64 / 1000.0);
    // Health checks arrive every second and would drown everything else.
    if matches!(route.as_str(), "/healthz" | "/readyz") && status.is_success() {
        tracing::debug!(
            parent: &span, http.status = status.as_u16(), duration_ms,
            "Responded to {method} {route} with {status} in {duration_ms} ms",
            status = status.as_u16()
        );
    } else {
        tracing::info!(
            parent: &span, http.status = status.as_u16(), duration_ms,
            "Responded to {method} {route} with {status} in {duration_ms} ms",
            status = status.as_u16()
        );
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

/// Returns a new id (UUID version 7). Its random bits come from the generator of this thread, which costs no
/// system call: an id only has to be unique.
fn request_id() -> Uuid {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let milliseconds = now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(0));
    Builder::from_unix_timestamp_millis(milliseconds, &rand::random()).into_uuid()
}

/// Returns the metrics' label of a method. Methods are free text in HTTP; the number of labels must
/// be bounded.
fn method_label(method: &str) -> &'static str {
    match method {
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
