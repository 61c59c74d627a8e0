//! Listing, showing, adding, changing and removing brackets.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::Response,
};

use super::{
    caller::{Caller, CallerAccount},
    competitions::visible,
    error::ApiResult,
    extract::{JsonBody, PathId, created},
    problem_responses::{BracketInUse, Forbidden, Invalid, NotFound, Unauthenticated},
    state::{ApiState, BASE},
};
use crate::{
    domain::Actor,
    model::{
        BracketDetailView, BracketId, BracketList, BracketView, CompetitionId,
        forms::{BracketInput, BracketPatch},
    },
};

/// Returns the account that sends a request. One whose log-in has ended sees what everybody sees.
async fn viewer(api: &ApiState, caller: Option<Caller>, parts: &mut Parts) -> Option<Actor> {
    caller?;
    let account =
        <CallerAccount as FromRequestParts<ApiState>>::from_request_parts(parts, api).await;
    account.ok().map(|account| account.actor())
}

/// List the brackets of a competition
///
/// In the order in which they were added. Brackets that are drafts are listed only for those who work on the competition.
/// A competition without brackets has an empty list.
#[utoipa::path(get, path = "/competitions/{id}/brackets", tag = "Brackets", operation_id = "listBrackets",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The brackets in their order.", body = BracketList), NotFound))]
pub(super) async fn list(
    State(api): State<ApiState>,
    PathId(competition): PathId<CompetitionId>,
    caller: Option<Caller>,
    mut parts: Parts,
) -> ApiResult<Json<BracketList>> {
    let competition = visible(&api, competition, caller.is_some(), &mut parts).await?;
    let viewer = viewer(&api, caller, &mut parts).await;
    let items = api.services.brackets.list(&competition, viewer).await?;
    Ok(Json(BracketList { items }))
}

/// Add a bracket
///
/// For the owner, the editors and those who record results. The entrants are the participants with a seat in the
/// competition, or in the division, in the order that `seeding` names: at most 1,024 in an elimination, 512 in the Swiss
/// system, and 64 in a round robin. The first entrants have byes if their number is no power of two. A competition has at
/// most 20 brackets.
#[utoipa::path(post, path = "/competitions/{id}/brackets", tag = "Brackets", operation_id = "addBracket",
    request_body = BracketInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The bracket that was added.", body = BracketView,
            headers(("Location" = String, description = "The path of the bracket."))),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn add(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(input): JsonBody<BracketInput>,
) -> ApiResult<Response> {
    let brackets = &api.services.brackets;
    let bracket = brackets.add(account.actor(), competition, &input).await?;
    Ok(created(&format!("{BASE}/brackets/{}", bracket.id), bracket))
}

/// Show a bracket
///
/// The entrants, the matches and, without elimination, the standings. A draft is shown only to those who work on the
/// competition.
#[utoipa::path(get, path = "/brackets/{id}", tag = "Brackets", operation_id = "getBracket",
    params(("id" = BracketId, Path, description = "The id of the bracket.")),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The bracket as it is now.", body = BracketDetailView), NotFound))]
pub(super) async fn show(
    State(api): State<ApiState>,
    PathId(id): PathId<BracketId>,
    caller: Option<Caller>,
    mut parts: Parts,
) -> ApiResult<Json<BracketDetailView>> {
    let brackets = &api.services.brackets;
    let competition = brackets.competition_of(id).await?;
    let competition = visible(&api, competition, caller.is_some(), &mut parts).await?;
    let viewer = viewer(&api, caller, &mut parts).await;
    let detail = brackets.detail(&competition, id, viewer).await?;
    Ok(Json(BracketDetailView::clone(&detail)))
}

/// Change a bracket
///
/// For the owner, the editors and those who record results. Only the fields in the body change.
#[utoipa::path(patch, path = "/brackets/{id}", tag = "Brackets", operation_id = "changeBracket",
    request_body = BracketPatch,
    params(("id" = BracketId, Path, description = "The id of the bracket.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The bracket as it is now.", body = BracketView),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<BracketId>,
    JsonBody(patch): JsonBody<BracketPatch>,
) -> ApiResult<Json<BracketView>> {
    let brackets = &api.services.brackets;
    Ok(Json(brackets.edit(account.actor(), id, patch).await?))
}

/// Remove a bracket
///
/// For the owner, the editors and those who record results, as long as no result was ever recorded in it.
#[utoipa::path(delete, path = "/brackets/{id}", tag = "Brackets", operation_id = "removeBracket",
    params(("id" = BracketId, Path, description = "The id of the bracket.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The bracket is removed."), Unauthenticated, Forbidden, NotFound, BracketInUse))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<BracketId>,
) -> ApiResult<StatusCode> {
    api.services.brackets.remove(account.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
