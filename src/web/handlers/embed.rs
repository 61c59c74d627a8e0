//! What other sites show of a competition: a box for an `<iframe>`, and a badge. Both are for everybody: they have no
//! cookies and no scripts, and only what everyone may see.
//!
//! The box loads itself again every few seconds, without a script. It is the only page of the site that other sites may
//! frame: it shows nothing personal, and has one link, which leaves the frame.

mod badge;
mod frame;

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
};

use crate::{
    api::{ApiError, ApiResult},
    model::{CompetitionView, DomainError, Language},
    ui::paths,
    web::{error_response::error_response, middleware::request_language, state::AppState},
};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// `GET /competitions/{id}/embed`: returns the box. `?lang=` chooses its language.
pub(in crate::web) async fn frame(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let language = request_language::of(&request);
    match competition(&state, &id).await {
        Ok(competition) => {
            let now = state.clock.now();
            let body = frame::document(&competition, &state.config.public_url, language, now);
            let mut response = shared(frame::CONTENT_TYPE, language, body);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, frame::policy());
            response
        }
        Err(error) => refused(&request, error),
    }
}

/// `GET /competitions/{id}/badge.svg`: returns the badge. `?lang=` chooses its language.
pub(in crate::web) async fn badge(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let language = request_language::of(&request);
    match competition(&state, &id).await {
        Ok(competition) => {
            let picture = badge::picture(&competition, language, state.clock.now());
            shared(badge::CONTENT_TYPE, language, picture)
        }
        Err(error) => refused(&request, error),
    }
}

/// Returns the competition, if everyone may see it.
async fn competition(state: &AppState, id: &str) -> ApiResult<Arc<CompetitionView>> {
    let id = id
        .parse()
        .map_err(|_| ApiError::from(DomainError::NotFound))?;
    Ok(state.services.catalog.competition(id, None).await?)
}

/// Returns whether a path is that of a box or a badge, which neither read nor set a cookie.
pub(in crate::web) fn is_embedded(path: &str) -> bool {
    path.strip_prefix(paths::COMPETITIONS)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(_, part)| matches!(part, "embed" | "badge.svg"))
}

fn refused(request: &Request, error: ApiError) -> Response {
    let headers = HeaderMap::clone(request.headers());
    error_response(request.uri().path(), &headers, error)
}

/// Returns a response that caches keep for a moment, and that other sites may show.
fn shared(content_type: &'static str, language: Language, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_LANGUAGE, language.tag().to_owned()),
        (
            header::CACHE_CONTROL,
            format!("public, max-age={}", frame::SECONDS),
        ),
        (RESOURCE_POLICY, "cross-origin".to_owned()),
        (header::VARY, header::ACCEPT_LANGUAGE.to_string()),
    ];
    (headers, body).into_response()
}
