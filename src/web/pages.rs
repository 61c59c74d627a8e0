//! Pages and server functions (Leptos), and the files beside them.

use std::path::Path;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::{
    AppState, headers,
    refuse::{Words, refuse, wants_page},
};
use crate::{
    api::ApiError,
    model::DomainError,
    ui::{self, address, page::Halt},
};

/// Where server functions are.
const ACTS: &str = "/act/";
/// Files whose names change with their content.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Icons and the like: for an hour.
const A_WHILE: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// Longest name of a file, as the system counts (`NAME_MAX`): behind a longer one there is none.
const NAME: usize = 255;
/// Longest path below the site's folder; together they stay below what the system allows.
const PATH: usize = 1024;
/// A name that stays while the content changes: ask each time.
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// Every page and every server function.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let options = state.leptos.clone();
    let unreadable = no_page(state, Halt::Unreadable);
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
        .layer(from_fn_with_state(unreadable, readable))
}

/// A page that only says why there is none.
fn no_page(state: &AppState, halt: Halt) -> Router {
    let options = state.leptos.clone();
    let contexts = contexts(state);
    let page = leptos_axum::render_app_async_with_context(
        move || {
            contexts();
            provide_context(halt.clone());
        },
        move || ui::shell(options.clone()),
    );
    Router::new().fallback(page)
}

/// Answers a form that a server function could not read, which itself would answer with a JSON
/// `null`: for people a page, with who they are in its header, and for programs a problem.
async fn readable(State(unreadable): State<Router>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with(ACTS) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let mut again = Request::new(Body::empty());
    *again.uri_mut() = parts.uri.clone();
    *again.headers_mut() = parts.headers.clone();
    *again.extensions_mut() = parts.extensions.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    if response.status() != StatusCode::BAD_REQUEST {
        return response;
    }
    if wants_page(again.uri().path(), again.headers()) {
        let Ok(page) = unreadable.oneshot(again).await;
        return page;
    }
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "unreadable-form",
        "Unreadable form",
        "This is not a form of this site, or it lost a piece on its way. Nothing was changed.",
    )
    .into_response()
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
    let may_be_file = path.len() <= PATH && path.split('/').all(|name| name.len() <= NAME);
    if readable && may_be_file && !path.starts_with("/api/") && path != "/" {
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
    if readable && let Some(to) = without_slash(&request) {
        return Redirect::permanent(&to).into_response();
    }
    let Ok(response) = missing.oneshot(request).await;
    response
}

/// The same address without the slash at its end, which no page has; its query stays. `None` where
/// there is no such slash, or where the rest would lead to another host.
fn without_slash(request: &Request) -> Option<String> {
    let path = request.uri().path();
    let rest = path.strip_suffix('/')?.trim_end_matches('/');
    let page = !rest.starts_with("/api/") && address::local(rest).is_some();
    page.then(|| match request.uri().query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    })
}

/// Makes a page like all others of a refusal for people ([`Words`]); status and headers stay.
pub(super) async fn refusals(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let Some(Words { title, detail }) = response.extensions_mut().remove() else {
        return response;
    };
    let options = state.leptos.clone();
    let page = leptos_axum::render_app_async_with_context(contexts(&state), move || {
        ui::refused(options.clone(), title.clone(), detail.clone())
    });
    let page = page(Request::default()).await;
    let (mut head, _) = response.into_parts();
    let (dressed, body) = page.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.extend(dressed.headers);
    Response::from_parts(head, body)
}

/// There is nothing at this address.
fn missing(state: &AppState) -> Router {
    let page = no_page(state, Halt::NotFound);
    Router::new().fallback(move |request: Request| {
        let page = page.clone();
        async move {
            if request.uri().path().starts_with("/api/") {
                return ApiError::from(DomainError::NotFound).into_response();
            }
            let Ok(mut response) = page.oneshot(request).await;
            if response.status() == StatusCode::OK {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            response
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_leads_to_the_page_without_it_and_never_to_another_host() {
        let to =
            |uri: &str| without_slash(&Request::builder().uri(uri).body(Body::empty()).unwrap());
        assert_eq!(to("/competitions/").as_deref(), Some("/competitions"));
        assert_eq!(
            to("/competitions//?a=b/").as_deref(),
            Some("/competitions?a=b/")
        );
        for not in [
            "/",
            "/competitions",
            "//evil.example/",
            "/\\evil.example/",
            "/api/v1/me/",
        ] {
            assert_eq!(to(not), None, "{not}");
        }
    }
}
