//! Competitions: finding, making, changing, deleting.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{JsonBody, PathId, QueryReader, QueryString, search_text},
    preconditions::{NamedVersions, etag},
    problem_responses::{CapacityTooSmall, Changed, Forbidden, Invalid, NotFound, Unauthenticated},
    state::{ApiState, BASE},
};
use crate::{
    domain::Actor,
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, DomainError, Page,
        forms::{CompetitionFilter, CompetitionInput, CompetitionPatch, Sort},
    },
};

/// Which competitions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct CompetitionsQuery {
    /// Words in title, description, place or tags.
    search: Option<String>,
    /// As the organizer decided.
    #[param(value_type = Option<CompetitionStatus>)]
    status: Option<String>,
    /// Exactly this tag.
    tag: Option<String>,
    /// Only the caller's own, drafts included.
    #[param(value_type = Option<bool>)]
    mine: Option<String>,
    /// Only those one can take a seat in right now.
    #[param(value_type = Option<bool>)]
    open: Option<String>,
    /// In which order.
    #[param(value_type = Option<Sort>)]
    sort: Option<String>,
    /// Which page, from 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// Rows a page, 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// Find competitions
///
/// Drafts are never among them, except with `mine=true`, which lists the caller's own competitions and
/// needs an account. Who is no organizer has none.
#[utoipa::path(get, path = "/competitions", tag = "Competitions", operation_id = "listCompetitions",
    params(CompetitionsQuery), security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<CompetitionView>), Unauthenticated, Invalid))]
pub(super) async fn list(
    State(api): State<ApiState>,
    QueryString(query): QueryString<CompetitionsQuery>,
    mut parts: Parts,
) -> ApiResult<Json<Page<CompetitionView>>> {
    let mut reader = QueryReader::default();
    let filter = CompetitionFilter {
        status: reader.name("status", &query.status),
        open: reader.flag("open", &query.open),
        sort: reader.name("sort", &query.sort).unwrap_or_default(),
        search: search_text(&query.search),
        tag: search_text(&query.tag),
    };
    let paging = reader.paging(&query.page, &query.per_page);
    let mine = reader.flag("mine", &query.mine);
    reader.finish()?;
    let competitions = &api.services.competitions;
    if mine {
        // Asked here, so that the list that everybody sees costs nobody a look at their account.
        let account =
            <CallerAccount as FromRequestParts<ApiState>>::from_request_parts(&mut parts, &api)
                .await?;
        let page = competitions.mine(account.actor(), &filter, paging).await?;
        return Ok(Json(page));
    }
    Ok(Json(competitions.browse(&filter, paging).await?))
}

/// Make a competition
#[utoipa::path(post, path = "/competitions", tag = "Competitions", operation_id = "createCompetition",
    request_body = CompetitionInput, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The competition", body = CompetitionView,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        Unauthenticated, Forbidden, Invalid))]
pub(super) async fn create(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(input): JsonBody<CompetitionInput>,
) -> ApiResult<Response> {
    let actor = account.actor();
    let competition = api.services.competitions.create(actor, input).await?;
    let headers = [
        (
            header::LOCATION,
            super::extract::location(&format!("{BASE}/competitions/{}", competition.id)),
        ),
        (header::ETAG, etag(competition.version)),
    ];
    Ok((StatusCode::CREATED, headers, Json(competition)).into_response())
}

/// Show a competition
///
/// Drafts are shown to their organizer only. `If-None-Match` saves sending what has not changed.
#[utoipa::path(get, path = "/competitions/{id}", tag = "Competitions", operation_id = "getCompetition",
    params(("id" = CompetitionId, Path, description = "Which"),
        ("If-None-Match" = Option<String>, Header, description = "The version one has")),
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The competition", body = CompetitionView,
            headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "Not changed since that version"),
        NotFound))]
pub(super) async fn show(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    account: Option<CallerAccount>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let viewer = account.as_ref().map(CallerAccount::actor);
    let competition = api.services.competitions.get(id, viewer).await?;
    let tag = [(header::ETAG, etag(competition.version))];
    if NamedVersions::if_none_match(&headers).contain(competition.version) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok((tag, Json(competition)).into_response())
}

/// Change a competition
///
/// What is absent stays; `endsAt: null` clears it. With `If-Match`, only if no organizer changed it
/// since that version; people who register or cancel in between do not stand in the way. A seat more
/// may seat the head of the waitlist.
#[utoipa::path(patch, path = "/competitions/{id}", tag = "Competitions", operation_id = "changeCompetition",
    params(("id" = CompetitionId, Path, description = "Which"),
        ("If-Match" = Option<String>, Header, description = "The version the change is based on")),
    request_body = CompetitionPatch, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The competition as it is now", body = CompetitionView,
            headers(("ETag" = String, description = "Its version"))),
        Unauthenticated, Forbidden, NotFound, CapacityTooSmall, Changed, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    account: CallerAccount,
    headers: HeaderMap,
    JsonBody(patch): JsonBody<CompetitionPatch>,
) -> ApiResult<Response> {
    let actor = account.actor();
    let expected = based_on(&api, actor, id, &headers).await?;
    let competitions = &api.services.competitions;
    let changed = competitions.edit(actor, id, patch, expected).await?;
    Ok(([(header::ETAG, etag(changed.version))], Json(changed)).into_response())
}

/// The version that an act is based on, from `If-Match`; `None` where any will do.
async fn based_on(
    api: &ApiState,
    actor: Actor,
    id: CompetitionId,
    headers: &HeaderMap,
) -> ApiResult<Option<i64>> {
    let condition = NamedVersions::if_match(headers);
    let NamedVersions::These(_) = condition else {
        return Ok(None);
    };
    let now = api.services.competitions.get_owned(actor, id).await?;
    match condition.newest_of(now.edited_at_version..=now.version) {
        Some(version) => Ok(Some(version)),
        None => Err(DomainError::PreconditionFailed.into()),
    }
}

/// Delete a competition
///
/// With its registrations: everything is gone at once. Whoever held a seat or a place on the waitlist
/// of what is not over is told. To call it off and keep it, change its status to `CANCELLED`.
#[utoipa::path(delete, path = "/competitions/{id}", tag = "Competitions", operation_id = "deleteCompetition",
    params(("id" = CompetitionId, Path, description = "Which"),
        ("If-Match" = Option<String>, Header, description = "The version one has seen")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "Gone"), Unauthenticated, Forbidden, NotFound, Changed))]
pub(super) async fn delete(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    account: CallerAccount,
    headers: HeaderMap,
) -> ApiResult<StatusCode> {
    let actor = account.actor();
    let expected = based_on(&api, actor, id, &headers).await?;
    let competitions = &api.services.competitions;
    competitions.delete(actor, id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
