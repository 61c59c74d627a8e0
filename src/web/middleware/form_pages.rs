//! Pages that are the response to a form instead of a redirect: to a form that a server function could not
//! decode, for which the framework would respond with the JSON text `null`, and the log-in page for a form whose
//! session had ended.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower::ServiceExt;

use crate::{
    api::ApiError,
    store::InfrastructureError,
    ui::{
        log_in_page::{LogInPage, LogInPageSlot},
        paths::{ACT_READ_IMPORT, ACT_READ_RESULTS, ACT_UPLOAD_PICTURE},
    },
    web::error_response::wants_page,
};

/// The path under which the server functions are.
const SERVER_FUNCTIONS: &str = "/act/";
/// The server functions whose forms contain files.
const FORMS_IN_PARTS: [&str; 3] = [ACT_READ_IMPORT, ACT_READ_RESULTS, ACT_UPLOAD_PICTURE];

/// The pages, whose header shows the account of the request.
#[derive(Clone)]
pub(in crate::web) struct FormPages {
    /// The page for every form that could not be decoded.
    pub(in crate::web) unreadable: Router,
    /// The page of the requested path.
    pub(in crate::web) page: Router,
}

/// Replaces the response 400 of a server function: people get a page, and programs get a problem. People get the
/// log-in page if the server function asks for it.
pub(in crate::web) async fn layer(
    State(pages): State<FormPages>,
    request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().starts_with(SERVER_FUNCTIONS) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let mut page_request = Request::new(Body::empty());
    *page_request.uri_mut() = parts.uri.clone();
    *page_request.headers_mut() = parts.headers.clone();
    *page_request.extensions_mut() = parts.extensions.clone();
    let wants_page = wants_page(parts.uri.path(), &parts.headers);
    let slot = LogInPageSlot::default();
    if wants_page {
        parts.extensions.insert(slot.clone());
    }
    // The framework would panic about such a form.
    if !FORMS_IN_PARTS.contains(&parts.uri.path()) || has_parts(&parts.headers) {
        let response = next.run(Request::from_parts(parts, body)).await;
        if let Some(page) = slot.take() {
            return log_in_page(pages.page, page, page_request).await;
        }
        if response.status() != StatusCode::BAD_REQUEST {
            return response;
        }
    }
    if wants_page {
        let Ok(response) = pages.unreadable.oneshot(page_request).await;
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

/// Renders the log-in page as if its own address had been requested.
async fn log_in_page(pages: Router, page: LogInPage, mut request: Request) -> Response {
    match page.path.parse() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(error) => {
            let error = InfrastructureError::internal(error);
            return ApiError::from(error).into_response();
        }
    }
    request.extensions_mut().insert(page);
    let Ok(mut response) = pages.oneshot(request).await;
    // It contains what was typed.
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

/// Returns whether the body of a request is a form in parts (RFC 7578).
fn has_parts(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type
        .and_then(|content_type| content_type.to_str().ok())
        .and_then(|content_type| multer::parse_boundary(content_type).ok())
        .is_some_and(|boundary| !boundary.is_empty())
}
