//! The second factor of the caller's account.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::JsonBody,
    problem_responses::{
        Invalid, InvalidSecondFactor, NoSecondFactor, RecentLogIn, RecentLogInAndCode,
        SecondFactorActive,
    },
    state::ApiState,
};
use crate::model::{
    RecoveryCodesView, TotpSetupView,
    forms::{ConfirmTotpForm, RemoveTotpForm},
};

/// Ask for a secret for my authenticator app
///
/// Log-ins do not need it until `POST /me/totp/confirm`. Each request creates another secret. It needs a log-in of
/// the last 15 minutes.
#[utoipa::path(post, path = "/me/totp", tag = "Accounts", operation_id = "setUpTotp",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The secret, for codes of six digits and steps of 30 seconds (SHA-1).", body = TotpSetupView), RecentLogIn, SecondFactorActive))]
pub(super) async fn set_up(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Response> {
    account.must_be_recent(api.clock.now())?;
    let accounts = &api.services.accounts;
    let view = accounts.set_up_second_factor(account.actor()).await?;
    Ok(secret(view))
}

/// Need a code of my authenticator app from now on
///
/// Log-ins to the account then need the second factor. All other sessions and token families end; the one that the
/// request comes from is kept. The recovery codes are returned once: each logs in once instead of a code of the app.
#[utoipa::path(post, path = "/me/totp/confirm", tag = "Accounts", operation_id = "confirmTotp",
    request_body = ConfirmTotpForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The recovery codes, each of which logs in once.", body = RecoveryCodesView), InvalidSecondFactor, NoSecondFactor, SecondFactorActive, Invalid))]
pub(super) async fn confirm(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(form): JsonBody<ConfirmTotpForm>,
) -> ApiResult<Response> {
    let accounts = &api.services.accounts;
    let view = accounts
        .confirm_second_factor(account.actor(), &form, &account.log_in)
        .await?;
    Ok(secret(view))
}

/// Make new recovery codes
///
/// Takes the six digits that my authenticator app shows now. The recovery codes from before are worth nothing afterwards,
/// and the new ones are returned once. It needs a log-in of the last 15 minutes.
#[utoipa::path(post, path = "/me/totp/recovery-codes", tag = "Accounts", operation_id = "replaceRecoveryCodes",
    request_body = ConfirmTotpForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The recovery codes, each of which logs in once.", body = RecoveryCodesView), RecentLogInAndCode, NoSecondFactor, Invalid))]
pub(super) async fn replace_recovery_codes(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(form): JsonBody<ConfirmTotpForm>,
) -> ApiResult<Response> {
    account.must_be_recent(api.clock.now())?;
    let accounts = &api.services.accounts;
    let view = accounts
        .replace_recovery_codes(account.actor(), &form)
        .await?;
    Ok(secret(view))
}

/// Remove my second factor
///
/// Takes a code of the authenticator app or a recovery code. Log-ins need no second factor afterwards.
#[utoipa::path(delete, path = "/me/totp", tag = "Accounts", operation_id = "removeTotp",
    request_body = RemoveTotpForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The account has no second factor."), InvalidSecondFactor, NoSecondFactor, Invalid))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(form): JsonBody<RemoveTotpForm>,
) -> ApiResult<StatusCode> {
    let accounts = &api.services.accounts;
    accounts
        .remove_second_factor(account.actor(), &form)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns a response that no cache may keep.
fn secret(view: impl serde::Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(view)).into_response()
}
