//! The log-ins of the caller's account.

use axum::{Json, extract::State, http::StatusCode};
use uuid::Uuid;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::PathId,
    problem_responses::{NotFound, Unauthenticated},
    state::ApiState,
};
use crate::model::LogInList;

/// List my sessions
///
/// Returns the browsers and API clients in which the account is logged in, the one of this request first.
#[utoipa::path(get, path = "/me/sessions", tag = "Accounts", operation_id = "listSessions",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The log-ins of the account, at most 200.", body = LogInList), Unauthenticated))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<LogInList>> {
    let accounts = &api.services.accounts;
    let items = accounts.log_ins(account.actor(), &account.log_in).await?;
    Ok(Json(LogInList { items }))
}

/// End one of my sessions
///
/// The browser or API client is logged out at once.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "Accounts", operation_id = "endSession",
    params(("id" = Uuid, Path, description = "The id of the session.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The session has ended."), Unauthenticated, NotFound))]
pub(super) async fn end(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<Uuid>,
) -> ApiResult<StatusCode> {
    let accounts = &api.services.accounts;
    accounts.end_log_in(account.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End all my other sessions
///
/// Logs the account out everywhere but in the browser or API client that sends the request.
#[utoipa::path(delete, path = "/me/sessions", tag = "Accounts", operation_id = "endOtherSessions",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "All other sessions have ended."), Unauthenticated))]
pub(super) async fn end_others(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<StatusCode> {
    let accounts = &api.services.accounts;
    accounts
        .end_other_log_ins(account.actor(), &account.log_in)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
