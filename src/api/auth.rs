//! Signing up, logging in and out, and exchanging tokens.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use utoipa::ToSchema;

use super::{
    caller::{CallerAccount, bearer_token},
    error::ApiResult,
    extract::{JsonBody, OptionalJsonBody},
    problem_responses::{
        Disabled, EmailTaken, Invalid, LogInFailed, TokenInvalid, Unauthenticated,
    },
    state::ApiState,
};
use crate::{
    domain::{accounts::Origin, tokens::TokenPair},
    model::{
        DomainError, UserView,
        forms::{AccountTokenForm, ForgotPasswordForm, LoginForm, ResetPasswordForm, SignupForm},
    },
    store::sessions::account,
};

/// An account and a new pair of tokens for it.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokensView {
    /// The account to which the tokens belong.
    user: UserView,
    /// The access token, to be sent as `Authorization: Bearer …`.
    access_token: String,
    /// The refresh token, which can be exchanged once for the next pair.
    refresh_token: String,
    /// The lifetime of the access token, in seconds.
    #[schema(example = 900)]
    expires_in: i64,
}

impl TokensView {
    /// Returns the response, which no cache may keep (RFC 6749, section 5.1).
    fn send(user: UserView, pair: TokenPair) -> Response {
        let tokens = Self {
            user,
            access_token: pair.access,
            refresh_token: pair.refresh,
            expires_in: pair.expires_in,
        };
        ([(header::CACHE_CONTROL, "no-store")], Json(tokens)).into_response()
    }
}

/// A refresh token to exchange or to revoke.
#[derive(Deserialize, ToSchema)]
#[schema(as = Refresh)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RefreshForm {
    /// The refresh token, exactly as it was issued.
    refresh_token: String,
}

/// Create an account
///
/// Every new account has the role `PARTICIPANT`.
#[utoipa::path(post, path = "/auth/signup", tag = "Accounts", operation_id = "signUp",
    request_body = SignupForm,
    responses((status = 201, description = "The account and a pair of tokens for it.", body = TokensView), EmailTaken, Invalid))]
pub(super) async fn sign_up(
    State(api): State<ApiState>,
    Extension(origin): Extension<Origin>,
    JsonBody(form): JsonBody<SignupForm>,
) -> ApiResult<Response> {
    let verified = api.services.accounts.sign_up(&form, &origin).await?;
    let pair = api.tokens.issue(&verified).await?;
    Ok((StatusCode::CREATED, TokensView::send(verified.user, pair)).into_response())
}

/// Log in
///
/// Takes the password, or a code that `POST /auth/code` has sent by mail. If the account has a second factor, the
/// response is 401 `second-factor-required`: send the same request again, with the code of the authenticator app or
/// a recovery code in `totp`. A code from a mail stays valid for that.
///
/// The response takes the same time whether or not the account exists. After ten failures within an
/// hour, further attempts get 429, except from devices that logged in before, which a cookie identifies.
#[utoipa::path(post, path = "/auth/login", tag = "Accounts", operation_id = "logIn",
    request_body = LoginForm,
    responses((status = 200, description = "The account and a pair of tokens for it.", body = TokensView), LogInFailed, Disabled, Invalid))]
pub(super) async fn log_in(
    State(api): State<ApiState>,
    Extension(origin): Extension<Origin>,
    JsonBody(form): JsonBody<LoginForm>,
) -> ApiResult<Response> {
    let verified = api.services.accounts.log_in(&form, &origin).await?;
    let pair = api.tokens.issue(&verified).await?;
    Ok(TokensView::send(verified.user, pair))
}

/// Exchange a refresh token
///
/// A refresh token can be exchanged once. If it is used a second time, it may have been copied: all
/// refresh tokens that came from the same log-in are revoked.
#[utoipa::path(post, path = "/auth/refresh", tag = "Accounts", operation_id = "refresh",
    request_body = RefreshForm,
    responses((status = 200, description = "The account and its next pair of tokens.", body = TokensView), Unauthenticated, Invalid))]
pub(super) async fn refresh(
    State(api): State<ApiState>,
    JsonBody(form): JsonBody<RefreshForm>,
) -> ApiResult<Response> {
    let (log_in, next) = api.tokens.rotate(&form.refresh_token).await?;
    // The account may be gone, or have another role by now.
    let found = api.services.accounts.find_with_epoch(log_in.account);
    let account = found.await?.ok_or(DomainError::Unauthenticated)?;
    let pair = api.tokens.pair_of(&account, log_in, next)?;
    Ok(TokensView::send(account.user, pair))
}

/// Log out
///
/// With a refresh token in the body, that token and all that came from the same log-in are revoked.
/// Without one, a request with an access token revokes every refresh token of the account, and a request
/// with a session cookie ends that session. Access tokens of an ended log-in get 401, and its event streams end.
#[utoipa::path(post, path = "/auth/logout", tag = "Accounts", operation_id = "logOut",
    request_body = Option<RefreshForm>,
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The tokens are revoked or the session has ended. Repeating the request is harmless."), Unauthenticated, Invalid))]
pub(super) async fn log_out(
    State(api): State<ApiState>,
    Extension(session): Extension<Session>,
    headers: HeaderMap,
    caller: Option<CallerAccount>,
    OptionalJsonBody(form): OptionalJsonBody<RefreshForm>,
) -> ApiResult<StatusCode> {
    match (form, caller) {
        (Some(form), _) => api.tokens.revoke(&form.refresh_token).await?,
        (None, Some(caller)) if bearer_token(&headers).is_some() => {
            api.tokens.revoke_all(caller.user.id).await?;
        }
        (None, Some(_)) => account::log_out(&session).await?,
        (None, None) => return Err(DomainError::Unauthenticated.into()),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Ask for a code to log in with
///
/// If an account has the address, a mail with a code of six digits is sent to it, which `POST /auth/login`
/// accepts instead of the password for ten minutes. The response is the same, and takes the same time,
/// whether or not an account has the address.
#[utoipa::path(post, path = "/auth/code", tag = "Accounts", operation_id = "sendLogInCode",
    request_body = ForgotPasswordForm,
    responses((status = 202, description = "A mail is sent if an account has the address."), Invalid))]
pub(super) async fn send_code(
    State(api): State<ApiState>,
    Extension(origin): Extension<Origin>,
    JsonBody(form): JsonBody<ForgotPasswordForm>,
) -> ApiResult<StatusCode> {
    let accounts = &api.services.accounts;
    accounts.send_log_in_code(&form, &origin).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Ask for a link to set a new password
///
/// If an account has the address, a mail with a link is sent to it. The response is the same, and takes
/// the same time, whether or not one has. Without an SMTP server no mail can be sent, and an operator has to
/// set a new password.
#[utoipa::path(post, path = "/auth/forgot", tag = "Accounts", operation_id = "forgotPassword",
    request_body = ForgotPasswordForm,
    responses((status = 202, description = "A mail is sent if an account has the address."), Invalid))]
pub(super) async fn forgot(
    State(api): State<ApiState>,
    Extension(origin): Extension<Origin>,
    JsonBody(form): JsonBody<ForgotPasswordForm>,
) -> ApiResult<StatusCode> {
    api.services
        .accounts
        .forgot_password(&form, &origin)
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// Set a new password with the token from a mail
///
/// A token works once. Every session and every token of the account ends.
#[utoipa::path(post, path = "/auth/reset", tag = "Accounts", operation_id = "resetPassword",
    request_body = ResetPasswordForm,
    responses((status = 204, description = "The account has the new password and is logged out everywhere."), TokenInvalid, Invalid))]
pub(super) async fn reset(
    State(api): State<ApiState>,
    Extension(origin): Extension<Origin>,
    JsonBody(form): JsonBody<ResetPasswordForm>,
) -> ApiResult<StatusCode> {
    api.services.accounts.reset_password(&form, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirm an e-mail address with the token from a mail
///
/// A token works once. If it was sent to a new address, the account has that address from now on.
#[utoipa::path(post, path = "/auth/verify-email", tag = "Accounts", operation_id = "verifyEmail",
    request_body = AccountTokenForm,
    responses((status = 204, description = "The e-mail address of the account is confirmed."), TokenInvalid, EmailTaken, Invalid))]
pub(super) async fn verify_email(
    State(api): State<ApiState>,
    Extension(origin): Extension<Origin>,
    JsonBody(form): JsonBody<AccountTokenForm>,
) -> ApiResult<StatusCode> {
    api.services
        .accounts
        .confirm_email(&form.token, &origin)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
