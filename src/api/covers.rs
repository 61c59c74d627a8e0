//! The pictures of competitions.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{PathId, QueryString},
    problem_responses::NotFound,
    state::ApiState,
};
use crate::{
    domain::covers::Covers,
    model::{CompetitionId, CompetitionStatus, CompetitionView},
};

/// Caching of a picture at an address that names its version: it never changes there.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Caching of a picture at an address without a version.
const ASK: HeaderValue = HeaderValue::from_static("public, no-cache");
/// Caching of the picture of a draft, which only its organizer may see.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// A picture loads nothing and runs nothing, also if its address is opened as a document.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

/// The query of a picture.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct CoverQuery {
    /// The version of the picture. Pages of this site name it, so that browsers may keep the picture for a
    /// year.
    v: Option<String>,
}

/// Show the cover of a competition
///
/// The picture is drawn from the id, the tags and the title of the competition. The covers of drafts are
/// shown to their organizer only.
#[utoipa::path(get, path = "/competitions/{id}/cover.svg", tag = "Competitions", operation_id = "getCover",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), CoverQuery,
        ("If-None-Match" = Option<String>, Header, description = "The entity tag of the picture that the client already has.")),
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The picture, 1200 × 630 pixels, at most 12 KiB.", body = String, content_type = "image/svg+xml",
            headers(("ETag" = String, description = "The version of the picture, as an entity tag."))),
        (status = 304, description = "The picture has not changed since that version."),
        NotFound))]
pub(super) async fn svg(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    QueryString(query): QueryString<CoverQuery>,
    account: Option<CallerAccount>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let viewer = account.as_ref().map(CallerAccount::actor);
    let competition = api.services.catalog.competition(id, viewer).await?;
    let head = head(&competition, &query, "image/svg+xml");
    if is_known(&head, &headers) {
        return Ok((StatusCode::NOT_MODIFIED, head).into_response());
    }
    Ok((head, Covers::svg(&competition)).into_response())
}

/// Show the picture of a competition for social networks
///
/// The cover with title, date and place, as networks show it beside a link to the competition. The pictures
/// of drafts are shown to their organizer only.
#[utoipa::path(get, path = "/competitions/{id}/cover.png", tag = "Competitions", operation_id = "getSocialCard",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), CoverQuery,
        ("If-None-Match" = Option<String>, Header, description = "The entity tag of the picture that the client already has.")),
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The picture, 1200 × 630 pixels.", body = Vec<u8>, content_type = "image/png",
            headers(("ETag" = String, description = "The version of the picture, as an entity tag."))),
        (status = 304, description = "The picture has not changed since that version."),
        NotFound))]
pub(super) async fn png(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    QueryString(query): QueryString<CoverQuery>,
    account: Option<CallerAccount>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let viewer = account.as_ref().map(CallerAccount::actor);
    let competition = api.services.catalog.competition(id, viewer).await?;
    let head = head(&competition, &query, "image/png");
    if is_known(&head, &headers) {
        return Ok((StatusCode::NOT_MODIFIED, head).into_response());
    }
    Ok((head, api.services.covers.png(&competition).await?).into_response())
}

/// Returns the headers of a picture.
fn head(
    competition: &CompetitionView,
    query: &CoverQuery,
    content_type: &'static str,
) -> HeaderMap {
    let version = competition.cover_version();
    let draft = competition.status == CompetitionStatus::Draft;
    let lifetime = match &query.v {
        _ if draft => PRIVATE,
        Some(named) if *named == version => FOREVER,
        _ => ASK,
    };
    // Hexadecimal digits and quotes always fit in a header.
    let etag =
        HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    // Other sites may show the picture beside a link to the competition.
    let embedding = if draft { "same-origin" } else { "cross-origin" };
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, lifetime),
        (header::ETAG, etag),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static(embedding),
        ),
    ])
}

/// Returns whether the client has the picture with this head (RFC 9110, section 13.1.2; the comparison is
/// weak).
fn is_known(head: &HeaderMap, request: &HeaderMap) -> bool {
    let lines = request.get_all(header::IF_NONE_MATCH).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .map(|tag| tag.strip_prefix("W/").unwrap_or(tag))
        .any(|tag| {
            tag == "*"
                || head
                    .get(header::ETAG)
                    .is_some_and(|etag| etag.as_bytes() == tag.as_bytes())
        })
}
