//! Renders errors for people as pages of the site, with its header and style.

use axum::{extract::Request, http::header, response::Response};

use crate::{
    model::Language,
    ui,
    web::{error_response::ErrorPageTexts, handlers::pages::page_context, state::AppState},
};

/// Replaces the body of a response that carries [`ErrorPageTexts`]; its status and headers stay.
pub(super) async fn rendered(
    state: &AppState,
    language: Language,
    mut response: Response,
) -> Response {
    let Some(ErrorPageTexts { title, detail }) = response.extensions_mut().remove() else {
        return response;
    };
    let page = leptos_axum::render_app_async_with_context(page_context(state), move || {
        ui::refused(title.clone(), detail.clone())
    });
    let mut request = Request::default();
    request.extensions_mut().insert(language);
    let page = page(request).await;
    let (mut head, _) = response.into_parts();
    let (rendered, body) = page.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.extend(rendered.headers);
    Response::from_parts(head, body)
}
