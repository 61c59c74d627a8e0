//! Renders errors for people as pages of the site, with its header and style.

use axum::{body::Body, extract::Request, http::header, response::Response};

use super::languages;
use crate::{
    api::ApiError,
    model::Language,
    ui,
    web::{
        error_response::{ErrorOfPage, heading, plain_page},
        handlers::pages::page_context,
        state::AppState,
    },
};

/// Replaces the body of a response that carries an [`ErrorOfPage`] by a page in the language of the request; its status
/// and headers stay.
pub(super) async fn rendered(
    state: &AppState,
    language: Language,
    mut response: Response,
) -> Response {
    let language = languages::of_response(&response, language);
    let Some(error) = response.extensions_mut().remove::<ErrorOfPage>() else {
        return response;
    };
    if !error.is_page_of_the_site() {
        return in_language(response, &error.0, language);
    }
    let title = heading(&error.0, language);
    let detail = error.0.problem_in(language).detail;
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

/// Translates a plain page.
fn in_language(response: Response, error: &ApiError, language: Language) -> Response {
    if language == Language::English {
        return response;
    }
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.remove(header::CONTENT_ENCODING);
    Response::from_parts(head, Body::from(plain_page(error, language)))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::to_bytes,
        http::{HeaderMap, HeaderValue},
    };

    use super::*;
    use crate::{model::DomainError, text::catalogue, web::error_response::error_response};

    #[tokio::test]
    async fn a_plain_page_of_an_overloaded_server_has_the_language_of_its_request() {
        let headers =
            HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html"))]);
        for language in Language::ALL {
            let error = ApiError::from(DomainError::Overloaded { retry_after: 2 });
            let mut response = error_response("/", &headers, error);
            let ErrorOfPage(error) = response.extensions_mut().remove().unwrap();
            let response = in_language(response, &error, language);
            assert_eq!(response.headers()[header::RETRY_AFTER], "2");
            let body = to_bytes(response.into_body(), 10_000).await.unwrap();
            let page = String::from_utf8(body.to_vec()).unwrap();
            let root = format!(
                "<html lang=\"{language}\" dir=\"{}\">",
                language.direction()
            );
            assert!(page.contains(&root), "{page}");
            let title = catalogue(language).request_errors.overloaded_title;
            assert!(page.contains(&format!("<h1>{title}</h1>")), "{page}");
        }
    }
}
