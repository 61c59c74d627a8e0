//! The static files of the site: the browser bundle, icons, and all other files in its folder.

use std::path::Path;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::{ui::paths, web::state::AppState};

/// Caching of files whose names change with their content.
const CACHE_FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Caching of icons and the like, for an hour.
const CACHE_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// Caching of files whose names stay while their content changes: browsers ask each time.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// Longest name of a file in bytes, as file systems count (`NAME_MAX`).
const MAX_NAME_BYTES: usize = 255;
/// Longest path below the site's folder in bytes; with the folder's own path it stays below what the
/// operating system allows.
const MAX_PATH_BYTES: usize = 1024;

/// Returns the service for addresses without a route: it serves a file of the site, and passes the
/// request on to `missing` where there is none. Files are served without looking up a session.
pub(in crate::web) fn service(state: &AppState, missing: Router) -> Router {
    let root = Path::new(&*state.leptos.site_root);
    let dir = ServeDir::new(root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let pkg = format!("/{}/", state.leptos.site_pkg_dir.trim_matches('/'));
    let hashed = state.leptos.hash_files;
    Router::new().fallback(move |request: Request| {
        let (dir, missing) = (dir.clone(), missing.clone());
        let cache_control = match request.uri().path() {
            path if !path.starts_with(&pkg) => CACHE_AN_HOUR,
            _ if hashed => CACHE_FOREVER,
            _ => REVALIDATE,
        };
        async move { file(dir, missing, cache_control, request).await }
    })
}

async fn file(
    dir: ServeDir,
    missing: Router,
    cache_control: HeaderValue,
    request: Request,
) -> Response {
    let readable = matches!(request.method().as_str(), "GET" | "HEAD");
    let path = request.uri().path();
    let may_be_file =
        path.len() <= MAX_PATH_BYTES && path.split('/').all(|name| name.len() <= MAX_NAME_BYTES);
    if readable && may_be_file && !path.starts_with("/api/") && path != "/" {
        let mut lookup = Request::builder()
            .method(request.method())
            .uri(request.uri())
            .body(Body::empty())
            .unwrap_or_default();
        *lookup.headers_mut() = request.headers().clone();
        let Ok(found) = dir.oneshot(lookup).await;
        if found.status() != StatusCode::NOT_FOUND {
            let mut response = found.map(Body::new).into_response();
            if !response.status().is_server_error() {
                response
                    .headers_mut()
                    .insert(header::CACHE_CONTROL, cache_control);
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

/// Returns the address of a request without the slash at its end, which no page has, and with its
/// query; `None` if there is no such slash, or if the rest would lead to another host.
fn without_slash(request: &Request) -> Option<String> {
    let path = request.uri().path();
    let rest = path.strip_suffix('/')?.trim_end_matches('/');
    let is_page = !rest.starts_with("/api/") && paths::local(rest).is_some();
    is_page.then(|| match request.uri().query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_redirects_to_the_page_and_never_to_another_host() {
        let target =
            |uri: &str| without_slash(&Request::builder().uri(uri).body(Body::empty()).unwrap());
        assert_eq!(target("/competitions/").as_deref(), Some("/competitions"));
        assert_eq!(
            target("/competitions//?a=b/").as_deref(),
            Some("/competitions?a=b/")
        );
        for uri in [
            "/",
            "/competitions",
            "//evil.example/",
            "/\\evil.example/",
            "/api/v1/me/",
        ] {
            assert_eq!(target(uri), None, "{uri}");
        }
    }
}
