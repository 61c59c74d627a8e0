//! Turns a panic in a handler or an inner layer into a 500 response, so that it ends one request and
//! not the connection.

use std::panic::AssertUnwindSafe;

use axum::{extract::Request, http::StatusCode, response::Response};
use futures::FutureExt;

use crate::{api::ApiError, web::error_response::ErrorFormat};

/// Catches a panic, logs its message, and responds with `internal-error`.
pub(super) async fn caught<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let format = ErrorFormat::negotiate(request.uri().path(), request.headers());
    match AssertUnwindSafe(async { next(request).await })
        .catch_unwind()
        .await
    {
        Ok(response) => response,
        Err(panic) => {
            let message = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("(no message)");
            tracing::error!(error = message, "A handler panicked");
            let error = ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal-error",
                "Internal error",
                |t| t.request_errors.internal_error.to_owned(),
            );
            format.render(error)
        }
    }
}
