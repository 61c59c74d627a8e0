//! The caller's own account.

use axum::{Extension, Json, extract::State, http::StatusCode};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::JsonBody,
    problem_responses::{
        AccountNeeded, EmailTaken, Forbidden, Invalid, InvalidCredentials, RecentLogIn,
        Unauthenticated,
    },
    state::ApiState,
};
use crate::{
    domain::accounts::Origin,
    model::{
        AccountExportView, UserView,
        forms::{ChangeEmailForm, ChangePasswordForm, ConfirmPasswordForm, ProfileForm},
    },
};

/// Show my account
///
/// Returns the account that sends the request.
#[utoipa::path(get, path = "/me", tag = "Accounts", operation_id = "getMe",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The account of the caller.", body = UserView), Unauthenticated))]
pub(super) async fn show(account: CallerAccount) -> Json<UserView> {
    Json(account.user)
}

/// Change my account
///
/// Absent fields keep their values. Besides the name and the e-mail address, an account chooses which messages are
/// also sent by mail (confirmations, cancellations and messages about the account itself always are), and the time
/// zone in which times are shown to it. These choices are part of the export. An organizer also sets the contact under
/// which participants reach it; the account's own address is never shown. The role of an account can't be changed here.
/// If mail can be sent, a new e-mail address takes effect when it is confirmed. A new e-mail address needs a log-in of
/// the last 15 minutes.
#[utoipa::path(patch, path = "/me", tag = "Accounts", operation_id = "changeMe",
    request_body = ProfileForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The account as it is now.", body = UserView), RecentLogIn, Forbidden, EmailTaken, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(form): JsonBody<ProfileForm>,
) -> ApiResult<Json<UserView>> {
    let accounts = &api.services.accounts;
    let change = form.parse()?;
    if change
        .email
        .is_some_and(|email| email != account.user.email)
    {
        account.must_be_recent(api.clock.now())?;
    }
    Ok(Json(accounts.change_profile(account.actor(), &form).await?))
}

/// Delete my account
///
/// The name, the e-mail address and all messages are gone at once, and every session and token ends.
/// Registrations for competitions that have not started are cancelled, and their seats go to the waitlist.
/// An account that organizes a competition which has not ended can't be deleted.
#[utoipa::path(delete, path = "/me", tag = "Accounts", operation_id = "deleteMe",
    request_body = ConfirmPasswordForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The account is deleted."), InvalidCredentials, AccountNeeded, Invalid))]
pub(super) async fn delete(
    State(api): State<ApiState>,
    Extension(origin): Extension<Origin>,
    account: CallerAccount,
    JsonBody(form): JsonBody<ConfirmPasswordForm>,
) -> ApiResult<StatusCode> {
    let deletion = &api.services.account_deletion;
    deletion.delete(account.actor(), &form, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Export my data
///
/// Returns what is stored for the account: profile, choices, registrations, messages, competitions, sessions, opening
/// reminders, and what the audit log says about the account. It needs a log-in of the last 15 minutes.
#[utoipa::path(get, path = "/me/export", tag = "Accounts", operation_id = "exportMe",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What is known about the account.", body = AccountExportView), RecentLogIn))]
pub(super) async fn export(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<AccountExportView>> {
    account.must_be_recent(api.clock.now())?;
    let exports = &api.services.account_export;
    let export = exports.export(account.actor(), &account.log_in).await?;
    Ok(Json(export))
}

/// Change my password
///
/// Ends all other sessions and token families of the account; the one that the request comes from is kept.
/// A wrong current password counts as a failed log-in.
#[utoipa::path(post, path = "/me/password", tag = "Accounts", operation_id = "changePassword",
    request_body = ChangePasswordForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The account has the new password."), InvalidCredentials, Invalid))]
pub(super) async fn change_password(
    State(api): State<ApiState>,
    Extension(origin): Extension<Origin>,
    account: CallerAccount,
    JsonBody(form): JsonBody<ChangePasswordForm>,
) -> ApiResult<StatusCode> {
    let accounts = &api.services.accounts;
    accounts
        .change_password(account.actor(), &form, &account.log_in, &origin)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change my e-mail address
///
/// If mail can be sent, a link is sent to the new address, the present address is told, and the account
/// keeps it until the new one is confirmed. Otherwise the change is made at once.
#[utoipa::path(post, path = "/me/email", tag = "Accounts", operation_id = "changeEmail",
    request_body = ChangeEmailForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 202, description = "The new address is to be confirmed, or has been set."), InvalidCredentials, EmailTaken, Invalid))]
pub(super) async fn change_email(
    State(api): State<ApiState>,
    Extension(origin): Extension<Origin>,
    account: CallerAccount,
    JsonBody(form): JsonBody<ChangeEmailForm>,
) -> ApiResult<StatusCode> {
    let accounts = &api.services.accounts;
    accounts
        .change_email(account.actor(), &form, &origin)
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// Send the link that confirms my e-mail address again
///
/// Nothing is sent if no address waits for its confirmation, or if mail can't be sent.
#[utoipa::path(post, path = "/me/verify-email", tag = "Accounts", operation_id = "sendEmailConfirmation",
    security(("bearer" = []), ("session" = [])),
    responses((status = 202, description = "A mail is sent if an address waits for its confirmation."), Unauthenticated))]
pub(super) async fn send_confirmation(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<StatusCode> {
    let accounts = &api.services.accounts;
    accounts.send_confirmation(account.actor()).await?;
    Ok(StatusCode::ACCEPTED)
}
