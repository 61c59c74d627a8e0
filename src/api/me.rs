//! The caller's own account.

use axum::{Json, extract::State};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::JsonBody,
    problem_responses::{EmailTaken, Invalid, Unauthenticated},
    state::ApiState,
};
use crate::model::{UserView, forms::ProfileForm};

/// Show my account
///
/// Returns the account that sends the request.
#[utoipa::path(get, path = "/me", tag = "Accounts", operation_id = "getMe",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The account of the caller.", body = UserView), Unauthenticated))]
pub(super) async fn show(account: CallerAccount) -> Json<UserView> {
    Json(account.0)
}

/// Change my account
///
/// Absent fields keep their values. The role of an account can't be changed here.
#[utoipa::path(patch, path = "/me", tag = "Accounts", operation_id = "changeMe",
    request_body = ProfileForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The account as it is now.", body = UserView), Unauthenticated, EmailTaken, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(form): JsonBody<ProfileForm>,
) -> ApiResult<Json<UserView>> {
    let accounts = &api.services.accounts;
    Ok(Json(accounts.change_profile(account.actor(), &form).await?))
}
