//! The API keys of an organizer's programs.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{JsonBody, PathId},
    problem_responses::{Forbidden, Invalid, NotFound, RecentLogIn, Unauthenticated},
    state::ApiState,
};
use crate::model::{ApiKeyId, ApiKeyList, ApiKeyView, forms::ApiKeyInput};

/// List my API keys
///
/// Returns the keys with which programs act for the account, the newest first. The keys themselves are not stored.
#[utoipa::path(get, path = "/api-keys", tag = "Accounts", operation_id = "listApiKeys",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The API keys of the account, at most 20.", body = ApiKeyList), Unauthenticated, Forbidden))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<ApiKeyList>> {
    let items = api.services.api_keys.list(account.actor()).await?;
    Ok(Json(ApiKeyList { items }))
}

/// Create an API key
///
/// A program sends the key as `Authorization: Bearer mck_…`. It then acts as an organizer for the account, within the
/// scopes of the key, for as long as the account is an organizer's and is not disabled. `key` is returned once. An
/// account has 20 keys at most. It needs a log-in of the last 15 minutes.
#[utoipa::path(post, path = "/api-keys", tag = "Accounts", operation_id = "createApiKey",
    request_body = ApiKeyInput,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The new key, with `key`.", body = ApiKeyView), RecentLogIn, Forbidden, Invalid))]
pub(super) async fn create(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(input): JsonBody<ApiKeyInput>,
) -> ApiResult<Response> {
    account.must_be_recent(api.clock.now())?;
    let created = api.services.api_keys.create(account.actor(), input).await?;
    let secret = [(header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, secret, Json(created)).into_response())
}

/// Delete an API key
///
/// Requests with the key are refused at once. It needs a log-in of the last 15 minutes.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "Accounts", operation_id = "deleteApiKey",
    params(("id" = ApiKeyId, Path, description = "The id of the API key.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The key is deleted."), RecentLogIn, Forbidden, NotFound))]
pub(super) async fn delete(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<ApiKeyId>,
) -> ApiResult<StatusCode> {
    account.must_be_recent(api.clock.now())?;
    api.services.api_keys.delete(account.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
