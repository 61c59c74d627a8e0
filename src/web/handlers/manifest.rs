//! The manifest of the installed application (W3C, *Web Application Manifest*): how systems name it and what they
//! offer to open, in the language of the request.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{model::Language, text::catalogue, ui::paths, web::middleware::request_language};

/// The media type of manifests.
pub(in crate::web) const CONTENT_TYPE: &str = "application/manifest+json";
/// The colour around the page while it starts, which is that of a light page.
const GROUND: &str = "#fbfaf8";
/// Browsers ask again after an hour, as they do for icons.
const CACHE_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// `GET /manifest.webmanifest`: returns the manifest. Browsers ask for it without cookies, so documents name their
/// language in its address (`lang`).
pub(in crate::web) async fn manifest(request: Request) -> Response {
    let language = request_language::of(&request);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE)),
        (
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(language.tag()),
        ),
        (header::CACHE_CONTROL, CACHE_AN_HOUR),
    ];
    (headers, manifest_in(language).to_string()).into_response()
}

/// Returns the manifest in a language.
fn manifest_in(language: Language) -> Value {
    let t = &catalogue(language).frame;
    let icon = |file: &str, sizes: &str, media_type: &str, purpose: &str| json!({ "src": file, "sizes": sizes, "type": media_type, "purpose": purpose });
    let shortcut = |name: &str, url: &str| json!({ "name": name, "url": url, "icons": [{ "src": "/icon-192.png", "sizes": "192x192" }] });
    json!({
        // The application stays the same one in another language.
        "id": "/",
        "lang": language.tag(),
        "dir": language.direction(),
        "name": t.name,
        "short_name": t.name,
        "description": t.tagline,
        "start_url": paths::COMPETITIONS,
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": GROUND,
        "icons": [
            icon("/favicon.svg", "any", "image/svg+xml", "any"),
            icon("/icon-192.png", "192x192", "image/png", "any"),
            icon("/icon-512.png", "512x512", "image/png", "any"),
            icon("/icon-maskable-512.png", "512x512", "image/png", "maskable"),
        ],
        "shortcuts": [
            shortcut(t.my_registrations, paths::MY_REGISTRATIONS),
            shortcut(t.competitions, paths::COMPETITIONS),
            shortcut(t.mailbox, paths::MAILBOX),
        ],
    })
}
