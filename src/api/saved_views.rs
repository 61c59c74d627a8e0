//! Listing, saving, renaming and deleting the saved views of a competition's participants.

use axum::{Json, extract::State, http::StatusCode, response::Response};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{JsonBody, PathId, PathIds, created},
    problem_responses::{Forbidden, Invalid, NotFound, Unauthenticated},
    state::{ApiState, BASE},
};
use crate::model::{
    CompetitionId, SavedView, SavedViewId, SavedViewList,
    forms::{SavedViewInput, SavedViewPatch},
};

/// List the saved views of a competition
///
/// A saved view is a filter and an order of the list of participants under a name. The owner of the competition and
/// those of its staff who see participants share them. They are in the order of their names.
#[utoipa::path(get, path = "/competitions/{id}/views", tag = "Registrations", operation_id = "listSavedViews",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The saved views in the order of their names.", body = SavedViewList), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
) -> ApiResult<Json<SavedViewList>> {
    let registrations = &api.services.registrations;
    let items = registrations.saved_views(account.actor(), competition);
    Ok(Json(SavedViewList {
        items: items.await?,
    }))
}

/// Save a view
///
/// For the owner and the editors of the competition, which has at most 20 saved views. What a saved view shows does not
/// change: save another one, and delete this one. An announcement can have it as its audience.
#[utoipa::path(post, path = "/competitions/{id}/views", tag = "Registrations", operation_id = "saveView",
    request_body = SavedViewInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The view that was saved.", body = SavedView,
            headers(("Location" = String, description = "The path of the list of saved views."))),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn save(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(input): JsonBody<SavedViewInput>,
) -> ApiResult<Response> {
    let registrations = &api.services.registrations;
    let view = registrations
        .save_view(account.actor(), competition, input)
        .await?;
    let path = format!("{BASE}/competitions/{competition}/views");
    Ok(created(&path, view))
}

/// Rename a saved view
///
/// For the owner and the editors of the competition.
#[utoipa::path(patch, path = "/competitions/{id}/views/{partId}", tag = "Registrations", operation_id = "renameView",
    request_body = SavedViewPatch,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = SavedViewId, Path, description = "The id of the saved view.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The saved view with its new name.", body = SavedView), Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn rename(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, view): PathIds<CompetitionId, SavedViewId>,
    JsonBody(patch): JsonBody<SavedViewPatch>,
) -> ApiResult<Json<SavedView>> {
    let registrations = &api.services.registrations;
    let view = registrations
        .rename_view(account.actor(), competition, view, &patch)
        .await?;
    Ok(Json(view))
}

/// Delete a saved view
///
/// For the owner and the editors of the competition. Announcements to those whom it shows keep their audience, also
/// those that wait for their time.
#[utoipa::path(delete, path = "/competitions/{id}/views/{partId}", tag = "Registrations", operation_id = "deleteView",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = SavedViewId, Path, description = "The id of the saved view.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The saved view is deleted."), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn delete(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, view): PathIds<CompetitionId, SavedViewId>,
) -> ApiResult<StatusCode> {
    let registrations = &api.services.registrations;
    registrations
        .delete_view(account.actor(), competition, view)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
