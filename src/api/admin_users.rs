//! Accounts, as administrators find and change them.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{EmptyBody, JsonBody, PathId, QueryReader, QueryString, search_text},
    problem_responses::{
        Forbidden, Invalid, LastAdministrator, NotFound, RecentLogIn, Unauthenticated,
    },
    state::ApiState,
};
use crate::model::{
    AccountView, Page, Role, UserId,
    forms::{AccountChange, AccountFilter},
};

/// The query of the list of accounts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct AccountsQuery {
    /// Lists only accounts whose e-mail address, name or last word of the name begins with this text, or that have
    /// this id.
    search: Option<String>,
    /// Lists only accounts with this role.
    #[param(value_type = Option<Role>)]
    role: Option<String>,
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// List accounts
///
/// The newest account comes first; `total` counts at most 10,000, and pages reach no further. A search finds some
/// hundred accounts at most, in the order of their names: search for more of the name or address to find others.
#[utoipa::path(get, path = "/admin/users", tag = "Operations", operation_id = "listAccounts",
    params(AccountsQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page of the list.", body = Page<AccountView>), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(query): QueryString<AccountsQuery>,
) -> ApiResult<Json<Page<AccountView>>> {
    let mut reader = QueryReader::default();
    let filter = AccountFilter {
        search: search_text(&query.search),
        role: reader.name("role", &query.role),
    };
    let paging = reader.paging(&query.page, &query.per_page);
    reader.finish()?;
    let accounts = &api.services.accounts;
    let page = accounts.directory(account.actor(), &filter, paging);
    Ok(Json(page.await?))
}

/// Change an account
///
/// A new role takes effect at once. An account that is disabled can neither log in nor register, and all its
/// sessions and tokens end. The last administrator can't be disabled and keeps the role. It needs a log-in of the
/// last 15 minutes.
#[utoipa::path(patch, path = "/admin/users/{id}", tag = "Operations", operation_id = "changeAccount",
    params(("id" = UserId, Path, description = "The id of the account.")),
    request_body = AccountChange,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The account as it is now.", body = AccountView), RecentLogIn, Forbidden, NotFound, LastAdministrator, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<UserId>,
    JsonBody(change): JsonBody<AccountChange>,
) -> ApiResult<Json<AccountView>> {
    account.must_be_recent(api.clock.now())?;
    let accounts = &api.services.accounts;
    let changed = accounts.administer(account.actor(), id, change);
    Ok(Json(changed.await?))
}

/// End all sessions of an account
///
/// Ends every session and token of the account, wherever it is logged in. It needs a log-in of the last 15 minutes.
#[utoipa::path(post, path = "/admin/users/{id}/sign-out", tag = "Operations", operation_id = "signOutAccount",
    params(("id" = UserId, Path, description = "The id of the account.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "Every session of the account has ended."), RecentLogIn, Forbidden, NotFound, Invalid))]
pub(super) async fn sign_out(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<UserId>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    account.must_be_recent(api.clock.now())?;
    let accounts = &api.services.accounts;
    let signed_out = accounts.sign_out_by_administrator(account.actor(), id);
    signed_out.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirm the e-mail address of an account
///
/// For an administrator who knows that the address is right, because no mail arrives there, for example. It needs a
/// log-in of the last 15 minutes.
#[utoipa::path(post, path = "/admin/users/{id}/verify-email", tag = "Operations", operation_id = "confirmAccountEmail",
    params(("id" = UserId, Path, description = "The id of the account.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The e-mail address of the account is confirmed."), RecentLogIn, Forbidden, NotFound, Invalid))]
pub(super) async fn confirm_email(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<UserId>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    account.must_be_recent(api.clock.now())?;
    let accounts = &api.services.accounts;
    let confirmed = accounts.confirm_email_by_administrator(account.actor(), id);
    confirmed.await?;
    Ok(StatusCode::NO_CONTENT)
}
