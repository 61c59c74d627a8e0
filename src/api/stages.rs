//! Listing, adding, changing and removing the stages of competitions.

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    caller::{Caller, CallerAccount},
    competitions::visible,
    error::ApiResult,
    extract::{JsonBody, PathId, location},
    problem_responses::{Forbidden, Invalid, NotFound, StageInUse, Unauthenticated},
    state::{ApiState, BASE},
};
use crate::model::{
    CompetitionId, DomainError, StageId, StageList, StageView,
    forms::{StageInput, StagePatch},
};

/// List the stages of a competition
///
/// In their order. Stages that are drafts are listed only for those who work on the competition. A competition without
/// stages has an empty list.
#[utoipa::path(get, path = "/competitions/{id}/stages", tag = "Results", operation_id = "listStages",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The stages in their order.", body = StageList), NotFound))]
pub(super) async fn list(
    State(api): State<ApiState>,
    PathId(competition): PathId<CompetitionId>,
    caller: Option<Caller>,
    mut parts: Parts,
) -> ApiResult<Json<StageList>> {
    let competition = visible(&api, competition, caller.is_some(), &mut parts).await?;
    let viewer = match caller {
        // An account whose log-in has ended sees what everybody sees.
        Some(_) if competition.results_revision > 0 => {
            let account =
                <CallerAccount as FromRequestParts<ApiState>>::from_request_parts(&mut parts, &api)
                    .await;
            account.ok().map(|account| account.actor())
        }
        _ => None,
    };
    let items = api.services.results.stages(&competition, viewer).await?;
    Ok(Json(StageList { items }))
}

/// Add a stage
///
/// For the competition's organizer, behind the others. A competition has at most 20 stages.
#[utoipa::path(post, path = "/competitions/{id}/stages", tag = "Results", operation_id = "addStage",
    request_body = StageInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The stage that was added.", body = StageView,
            headers(("Location" = String, description = "The path of the list of stages."))),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn add(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(input): JsonBody<StageInput>,
) -> ApiResult<Response> {
    let results = &api.services.results;
    let stage = results.add_stage(account.actor(), competition, input);
    let stage = stage.await?;
    let list = location(&format!("{BASE}/competitions/{competition}/stages"));
    let headers = [(header::LOCATION, list)];
    Ok((StatusCode::CREATED, headers, Json(stage)).into_response())
}

/// Change a stage
///
/// For the competition's organizer. Only the fields in the body change. `metric` and `decimals` stay as they are once there
/// are results. A change of a rule concerns the standings from the next publication on.
#[utoipa::path(patch, path = "/competitions/{id}/stages/{partId}", tag = "Results", operation_id = "changeStage",
    request_body = StagePatch,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = StageId, Path, description = "The id of the stage.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The stage as it is now.", body = StageView),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    account: CallerAccount,
    Path(path): Path<(String, String)>,
    JsonBody(patch): JsonBody<StagePatch>,
) -> ApiResult<Json<StageView>> {
    let (competition, stage) = ids(&path)?;
    let results = &api.services.results;
    let stage = results.edit_stage(account.actor(), competition, stage, patch);
    Ok(Json(stage.await?))
}

/// Remove a stage
///
/// For the competition's organizer, as long as the stage has no results: nothing that was recorded is deleted.
#[utoipa::path(delete, path = "/competitions/{id}/stages/{partId}", tag = "Results", operation_id = "removeStage",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = StageId, Path, description = "The id of the stage.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The stage is removed."), Unauthenticated, Forbidden, NotFound, StageInUse))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    account: CallerAccount,
    Path(path): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    let (competition, stage) = ids(&path)?;
    let results = &api.services.results;
    results
        .remove_stage(account.actor(), competition, stage)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn ids((competition, stage): &(String, String)) -> Result<(CompetitionId, StageId), DomainError> {
    let unknown = |_| DomainError::NotFound;
    Ok((
        competition.parse().map_err(unknown)?,
        stage.parse().map_err(unknown)?,
    ))
}
