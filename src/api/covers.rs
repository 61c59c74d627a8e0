//! The pictures of competitions.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{PathId, QueryString},
    picture_head::{PictureHead, respond},
    problem_responses::NotFound,
    state::ApiState,
};
use crate::{
    domain::covers::Covers,
    model::{CompetitionId, Language},
};

/// The query of a picture.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct CoverQuery {
    /// The version of the picture. Pages of this site name it, so that browsers may keep the picture for a
    /// year.
    v: Option<String>,
}

/// The query of a picture with words.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct SocialCardQuery {
    /// The version of the picture. Pages of this site name it, so that browsers may keep the picture for a
    /// year.
    v: Option<String>,
    /// The language of the date, as a tag such as `de`. Without it, and if this site or the fonts of the picture
    /// lack the language, the date is in English.
    lang: Option<String>,
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
    let version = competition.cover_version();
    let head = PictureHead::new("image/svg+xml", &version).of(&competition, query.v.as_deref());
    respond(head, &headers, async { Ok(Covers::svg(&competition)) }).await
}

/// Show the picture of a competition for social networks
///
/// The cover with title, date and place, as networks show it beside a link to the competition. The pictures
/// of drafts are shown to their organizer only.
#[utoipa::path(get, path = "/competitions/{id}/cover.png", tag = "Competitions", operation_id = "getSocialCard",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), SocialCardQuery,
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
    QueryString(query): QueryString<SocialCardQuery>,
    account: Option<CallerAccount>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let viewer = account.as_ref().map(CallerAccount::actor);
    let competition = api.services.catalog.competition(id, viewer).await?;
    // By the address alone: whoever shows the picture beside a link fetches it in no language.
    let language = query.lang.as_deref().and_then(Language::with_tag);
    let language = language.unwrap_or_default();
    let version = competition.cover_version();
    let head = PictureHead::new("image/png", &version).said_in(language);
    let head = head.of(&competition, query.v.as_deref());
    let picture = api.services.covers.png(&competition, language);
    respond(head, &headers, picture).await
}
