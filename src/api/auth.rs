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
    problem_responses::{EmailTaken, Invalid, InvalidCredentials, Unauthenticated},
    state::ApiState,
};
use crate::{
    domain::{Actor, accounts::Origin, tokens::TokenPair},
    model::{
        DomainError, UserView,
        forms::{LoginForm, SignupForm},
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
/// The response takes the same time whether or not the account exists. After ten failures within an
/// hour, further attempts get 429, except from devices that logged in before, which a cookie identifies.
#[utoipa::path(post, path = "/auth/login", tag = "Accounts", operation_id = "logIn",
    request_body = LoginForm,
    responses((status = 200, description = "The account and a pair of tokens for it.", body = TokensView), InvalidCredentials, Invalid))]
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
    let (id, next) = api.tokens.rotate(&form.refresh_token).await?;
    // The account may be gone, or have another role by now.
    let user = api.services.accounts.find(id).await?;
    let user = user.ok_or(DomainError::Unauthenticated)?;
    let pair = api.tokens.pair(Actor::from(&user), next)?;
    Ok(TokensView::send(user, pair))
}

/// Log out
///
/// With a refresh token in the body, that token and all that came from the same log-in are revoked.
/// Without one, a request with an access token revokes every refresh token of the account, and a request
/// with a session cookie ends that session. Access tokens stay valid until they expire.
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
            api.tokens.revoke_all(caller.0.id).await?;
        }
        (None, Some(_)) => account::log_out(&session).await?,
        (None, None) => return Err(DomainError::Unauthenticated.into()),
    }
    Ok(StatusCode::NO_CONTENT)
}
