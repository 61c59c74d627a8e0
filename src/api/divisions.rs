//! Listing, adding, changing and removing the divisions of competitions.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, request::Parts},
    response::Response,
};

use super::{
    caller::{Caller, CallerAccount},
    competitions::visible,
    error::ApiResult,
    extract::{JsonBody, PathId, PathIds, created},
    problem_responses::{
        CapacityTooSmall, DivisionInUse, Forbidden, Invalid, NoDivisionsNow, NotFound,
        Unauthenticated,
    },
    state::{ApiState, BASE},
};
use crate::model::{
    CompetitionId, DivisionId, DivisionList, DivisionView,
    forms::{DivisionInput, DivisionPatch},
};

/// List the divisions of a competition
///
/// In their order, with their free seats. A competition without divisions has an empty list.
#[utoipa::path(get, path = "/competitions/{id}/divisions", tag = "Divisions", operation_id = "listDivisions",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The divisions in their order.", body = DivisionList), NotFound))]
pub(super) async fn list(
    State(api): State<ApiState>,
    PathId(competition): PathId<CompetitionId>,
    caller: Option<Caller>,
    mut parts: Parts,
) -> ApiResult<Json<DivisionList>> {
    let competition = visible(&api, competition, caller.is_some(), &mut parts).await?;
    Ok(Json(DivisionList {
        items: competition.divisions.clone(),
    }))
}

/// Add a division
///
/// For the competition's organizer, behind the others. From the first one on, everyone who registers chooses a
/// division; so the first one is added before the first registration. A competition has at most 50 divisions.
#[utoipa::path(post, path = "/competitions/{id}/divisions", tag = "Divisions", operation_id = "addDivision",
    request_body = DivisionInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The division that was added.", body = DivisionView,
            headers(("Location" = String, description = "The path of the list of divisions."))),
        Unauthenticated, Forbidden, NotFound, NoDivisionsNow, Invalid))]
pub(super) async fn add(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(input): JsonBody<DivisionInput>,
) -> ApiResult<Response> {
    let competitions = &api.services.competitions;
    let division = competitions
        .add_division(account.actor(), competition, input)
        .await?;
    let path = format!("{BASE}/competitions/{competition}/divisions");
    Ok(created(&path, division))
}

/// Change a division
///
/// For the competition's organizer. Only the fields in the body change. More seats go to the division's waitlist at
/// once, as far as the competition has free seats.
#[utoipa::path(patch, path = "/competitions/{id}/divisions/{partId}", tag = "Divisions", operation_id = "changeDivision",
    request_body = DivisionPatch,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = DivisionId, Path, description = "The id of the division.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The division as it is now.", body = DivisionView),
        Unauthenticated, Forbidden, NotFound, CapacityTooSmall, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, division): PathIds<CompetitionId, DivisionId>,
    JsonBody(patch): JsonBody<DivisionPatch>,
) -> ApiResult<Json<DivisionView>> {
    let competitions = &api.services.competitions;
    let division = competitions
        .edit_division(account.actor(), competition, division, patch)
        .await?;
    Ok(Json(division))
}

/// Remove a division
///
/// For the competition's organizer, while nobody is registered in it. The last one leaves a competition without
/// divisions.
#[utoipa::path(delete, path = "/competitions/{id}/divisions/{partId}", tag = "Divisions", operation_id = "removeDivision",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = DivisionId, Path, description = "The id of the division.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The division is removed."), Unauthenticated, Forbidden, NotFound, DivisionInUse))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, division): PathIds<CompetitionId, DivisionId>,
) -> ApiResult<StatusCode> {
    let competitions = &api.services.competitions;
    competitions
        .remove_division(account.actor(), competition, division)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
