//! Pages and server functions (Leptos), and the files beside them.

use std::path::Path;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::{AppState, headers, refuse::refuse};
use crate::{api::ApiError, model::Refusal, ui};

/// Files whose names change with their content.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Icons and the like: for an hour.
const A_WHILE: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// A name that stays while the content changes: ask each time.
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// Every page and every server function.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let options = state.leptos.clone();
    Router::new()
        .leptos_routes_with_context(
            state,
            generate_route_list(ui::App),
            contexts(state),
            move || ui::shell(options.clone()),
        )
        .method_not_allowed_fallback(|request: Request| async move {
            let error = ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Method not allowed",
                "This address can't be used that way.",
            );
            refuse(request.uri().path(), request.headers(), error)
        })
}

/// What pages and server functions find in their context (session and viewer come with the
/// request).
fn contexts(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let services = state.services.clone();
    let clock = state.clock.clone();
    let bundle = state.bundle;
    move || {
        provide_context(services.clone());
        provide_context(clock.clone());
        provide_context(bundle);
        headers::set_page_policy();
    }
}

/// Files of the site, else a page (or, under `/api`, a problem) that says that nothing is here.
/// `known` puts sessions in front of that page: files are served without asking who wants them.
pub(super) fn files(state: &AppState, known: impl Fn(Router) -> Router) -> Router {
    let missing = known(missing(state));
    let root = Path::new(&*state.leptos.site_root);
    let dir = ServeDir::new(root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let pkg = format!("/{}/", state.leptos.site_pkg_dir.trim_matches('/'));
    let hashed = state.leptos.hash_files;
    Router::new().fallback(move |request: Request| {
        let (dir, missing) = (dir.clone(), missing.clone());
        let keep = match request.uri().path() {
            path if !path.starts_with(&pkg) => A_WHILE,
            _ if hashed => FOREVER,
            _ => ASK,
        };
        async move { file(dir, missing, keep, request).await }
    })
}

async fn file(dir: ServeDir, missing: Router, keep: HeaderValue, request: Request) -> Response {
    let readable = matches!(request.method().as_str(), "GET" | "HEAD");
    let path = request.uri().path();
    if readable && !path.starts_with("/api/") && path != "/" {
        let mut look = Request::builder()
            .method(request.method())
            .uri(request.uri())
            .body(Body::empty())
            .unwrap_or_default();
        *look.headers_mut() = request.headers().clone();
        let Ok(found) = dir.oneshot(look).await;
        if found.status() != StatusCode::NOT_FOUND {
            let mut response = found.map(Body::new).into_response();
            if !response.status().is_server_error() {
                response.headers_mut().insert(header::CACHE_CONTROL, keep);
            }
            return response;
        }
    }
    let Ok(response) = missing.oneshot(request).await;
    response
}

/// There is nothing at this address.
fn missing(state: &AppState) -> Router {
    let options = state.leptos.clone();
    let page = leptos_axum::render_app_async_with_context(contexts(state), move || {
        ui::shell(options.clone())
    });
    Router::new().fallback(move |request: Request| {
        let page = page.clone();
        async move {
            if request.uri().path().starts_with("/api/") {
                return ApiError::from(Refusal::NotFound).into_response();
            }
            let mut response = page(request).await;
            if response.status() == StatusCode::OK {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            response
        }
    })
}
