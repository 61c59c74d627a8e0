//! Pages and server functions (Leptos), and the page for paths that do not exist.

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, Uri},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect},
};
use leptos::{nonce::Nonce, prelude::provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower::ServiceExt;

use crate::{
    api::ApiError,
    model::DomainError,
    ui::{self, page_request::PageError, paths, public_url::PublicUrl, text::language},
    web::{
        error_response::error_response,
        middleware::{
            form_pages::{self, FormPages},
            response_headers,
        },
        state::AppState,
    },
};

/// Returns the routes of every page and every server function.
pub(in crate::web) fn routes(state: &AppState) -> Router<AppState> {
    let form_pages = FormPages {
        unreadable: halt_page(state, PageError::UnreadableForm),
        page: Router::new().fallback(leptos_axum::render_app_async_with_context(
            page_context(state),
            ui::shell,
        )),
    };
    Router::new()
        .leptos_routes_with_context(
            state,
            generate_route_list(ui::App),
            page_context(state),
            ui::shell,
        )
        .method_not_allowed_fallback(|request: Request| async move {
            let error = ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Method not allowed",
                |t| t.request_errors.method_not_allowed.to_owned(),
            );
            error_response(request.uri().path(), request.headers(), error)
        })
        .layer(from_fn_with_state(form_pages, form_pages::layer))
}

/// Returns a service whose response to every request is a page that explains an error.
fn halt_page(state: &AppState, error: PageError) -> Router {
    let provide = page_context(state);
    let page = leptos_axum::render_app_async_with_context(
        move || {
            provide();
            provide_context(error.clone());
        },
        ui::shell,
    );
    Router::new().fallback(page)
}

/// Returns the function that provides pages and server functions with what they find in their
/// context. The session and the viewer come with the request.
pub(in crate::web) fn page_context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let services = state.services.clone();
    let clock = state.clock.clone();
    let fragments = state.fragments.clone();
    let bundle = state.bundle.clone();
    let site = PublicUrl::new(state.config.public_url.as_str());
    let policy = response_headers::page_policy(&bundle);
    move || {
        provide_context(services.clone());
        provide_context(clock.clone());
        provide_context(fragments.clone());
        provide_context(bundle.clone());
        provide_context(site.clone());
        // Leptos has made a nonce. Documents are the same for every visitor, and their policy has none.
        provide_context(Nonce::from_value(""));
        response_headers::set_page_headers(&policy, language());
    }
}

/// Returns a service whose response to every request is 404: a problem under `/api`, a page elsewhere. An address
/// with a slash too much at its end leads to the one without it.
pub(in crate::web) fn missing(state: &AppState) -> Router {
    let page = halt_page(state, PageError::NotFound);
    Router::new().fallback(move |request: Request| {
        let page = page.clone();
        async move {
            if request.uri().path().starts_with("/api/") {
                return ApiError::from(DomainError::NotFound).into_response();
            }
            if let Some(address) = without_last_slash(request.uri()) {
                return Redirect::permanent(&address).into_response();
            }
            let Ok(mut response) = page.oneshot(request).await;
            if response.status() == StatusCode::OK {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            response
        }
    })
}

/// Returns the address without the slashes at the end of its path, if there are any and it stays on this site.
fn without_last_slash(address: &Uri) -> Option<String> {
    let path = address.path();
    let shorter = path.trim_end_matches('/');
    if shorter == path {
        return None;
    }
    let shorter = paths::local(shorter)?;
    Some(match address.query() {
        Some(query) => format!("{shorter}?{query}"),
        None => shorter.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_is_removed_and_no_address_leads_to_another_site() {
        let without = |address: &'static str| without_last_slash(&Uri::from_static(address));
        assert_eq!(without("/competitions/"), Some("/competitions".to_owned()));
        assert_eq!(without("/a//?b=/"), Some("/a?b=/".to_owned()));
        for address in ["/", "/a", "/a?b=/", "//", "//evil.example/"] {
            assert_eq!(without(address), None, "{address}");
        }
    }
}
