//! Requests of participants to become organizers, for administrators.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{EmptyBody, PathId, QueryReader, QueryString},
    problem_responses::{Forbidden, Invalid, NotFound, RecentLogIn, Unauthenticated},
    state::ApiState,
};
use crate::model::{OrganizerRequestView, Page, UserId};

/// The query of the list of requests.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct OrganizerRequestsQuery {
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// List requests to become an organizer
///
/// The requests that wait for a decision, the oldest first. `total` counts at most 1,000.
#[utoipa::path(get, path = "/admin/organizer-requests", tag = "Operations", operation_id = "listOrganizerRequests",
    params(OrganizerRequestsQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page of the list.", body = Page<OrganizerRequestView>), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(query): QueryString<OrganizerRequestsQuery>,
) -> ApiResult<Json<Page<OrganizerRequestView>>> {
    let mut reader = QueryReader::default();
    let paging = reader.paging(&query.page, &query.per_page);
    reader.finish()?;
    let accounts = &api.services.accounts;
    let page = accounts.organizer_requests(account.actor(), paging);
    Ok(Json(page.await?))
}

/// Approve a request to become an organizer
///
/// The account becomes an organizer at once, and gets a message. It needs a log-in of the last 15 minutes.
#[utoipa::path(post, path = "/admin/organizer-requests/{id}/approve", tag = "Operations", operation_id = "approveOrganizerRequest",
    params(("id" = UserId, Path, description = "The id of the account.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The account is an organizer."), RecentLogIn, Forbidden, NotFound, Invalid))]
pub(super) async fn approve(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<UserId>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    account.must_be_recent(api.clock.now())?;
    let accounts = &api.services.accounts;
    let approved = accounts.approve_organizer_request(account.actor(), id);
    approved.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Decline a request to become an organizer
///
/// The account gets a message, and can ask again after 30 days. It needs a log-in of the last 15 minutes.
#[utoipa::path(post, path = "/admin/organizer-requests/{id}/decline", tag = "Operations", operation_id = "declineOrganizerRequest",
    params(("id" = UserId, Path, description = "The id of the account.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The request is declined."), RecentLogIn, Forbidden, NotFound, Invalid))]
pub(super) async fn decline(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<UserId>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    account.must_be_recent(api.clock.now())?;
    let accounts = &api.services.accounts;
    let declined = accounts.decline_organizer_request(account.actor(), id);
    declined.await?;
    Ok(StatusCode::NO_CONTENT)
}
