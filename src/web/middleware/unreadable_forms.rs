//! Responds to forms that a server function could not decode. The response of the framework itself would be
//! the JSON text `null`.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower::ServiceExt;

use crate::{api::ApiError, web::error_response::wants_page};

/// The path under which the server functions are.
const SERVER_FUNCTIONS: &str = "/act/";

/// Replaces the response 400 of a server function: people get `page`, whose header shows their
/// account, and programs get a problem.
pub(in crate::web) async fn layer(
    State(page): State<Router>,
    request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().starts_with(SERVER_FUNCTIONS) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let mut page_request = Request::new(Body::empty());
    *page_request.uri_mut() = parts.uri.clone();
    *page_request.headers_mut() = parts.headers.clone();
    *page_request.extensions_mut() = parts.extensions.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    if response.status() != StatusCode::BAD_REQUEST {
        return response;
    }
    if wants_page(page_request.uri().path(), page_request.headers()) {
        let Ok(response) = page.oneshot(page_request).await;
        return response;
    }
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "unreadable-form",
        "Unreadable form",
        |t| t.request_errors.unreadable_form.to_owned(),
    )
    .into_response()
}
