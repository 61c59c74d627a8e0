//! The people who work on a competition, and invitations to do so.

use axum::{Json, extract::State, http::StatusCode, response::Response};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{JsonBody, OptionalJsonBody, PathId, PathIds, created},
    problem_responses::{
        Forbidden, Invalid, LastOwner, NotFound, Unauthenticated, UnconfirmedAddress,
    },
    state::{ApiState, BASE},
};
use crate::model::{
    CompetitionId, InvitationList, StaffId, StaffList, StaffView,
    forms::{InvitationAnswer, StaffForm, StaffPatch},
};

/// List the people who work on a competition
///
/// For those who work on it; the owner comes first. Only the owner and administrators see e-mail addresses and invitations
/// that wait for an answer; everybody sees their own address.
#[utoipa::path(get, path = "/competitions/{id}/staff", tag = "Competitions", operation_id = "listStaff",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The people who work on the competition.", body = StaffList), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
) -> ApiResult<Json<StaffList>> {
    let staff = &api.services.staff;
    Ok(Json(staff.list(account.actor(), competition).await?))
}

/// Invite somebody to work on a competition
///
/// For the owner. A letter with a link is sent to the address, and an account that has the address also gets a message.
/// The response is the same whether or not there is an account, and nothing happens before the invitation is accepted,
/// within 14 days. Inviting the same address again sends another letter. At most 50 people work on a competition.
#[utoipa::path(post, path = "/competitions/{id}/staff", tag = "Competitions", operation_id = "inviteStaff",
    request_body = StaffForm,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The invitation, which waits for its answer.", body = StaffView,
            headers(("Location" = String, description = "The path of the invitation."))),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn invite(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(form): JsonBody<StaffForm>,
) -> ApiResult<Response> {
    let staff = &api.services.staff;
    let invited = staff.invite(account.actor(), competition, &form).await?;
    let path = format!("{BASE}/competitions/{competition}/staff/{}", invited.id);
    Ok(created(&path, invited))
}

/// Change somebody's role
///
/// For the owner. The role `OWNER` hands the competition over to somebody who has accepted and is an organizer; the former
/// owner becomes an editor.
#[utoipa::path(patch, path = "/competitions/{id}/staff/{partId}", tag = "Competitions", operation_id = "changeStaff",
    request_body = StaffPatch,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = StaffId, Path, description = "The id of the person's part.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The person with the new role.", body = StaffView), Unauthenticated, Forbidden, NotFound, LastOwner, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, id): PathIds<CompetitionId, StaffId>,
    JsonBody(patch): JsonBody<StaffPatch>,
) -> ApiResult<Json<StaffView>> {
    let staff = &api.services.staff;
    let changed = staff.change_role(account.actor(), competition, id, patch.role);
    Ok(Json(changed.await?))
}

/// Remove somebody, or leave
///
/// For the owner, who also withdraws invitations, and for the person. It works at once. The owner can't leave.
#[utoipa::path(delete, path = "/competitions/{id}/staff/{partId}", tag = "Competitions", operation_id = "removeStaff",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = StaffId, Path, description = "The id of the person's part.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The person does not work on the competition any more."), Unauthenticated, Forbidden, NotFound, LastOwner))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, id): PathIds<CompetitionId, StaffId>,
) -> ApiResult<StatusCode> {
    let staff = &api.services.staff;
    staff.remove(account.actor(), competition, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List your invitations
///
/// The invitations to work on competitions that wait for your answer, the newest first. Where mail can be sent, the list
/// is empty until your e-mail address is confirmed.
#[utoipa::path(get, path = "/me/invitations", tag = "Accounts", operation_id = "listInvitations",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The invitations that wait for an answer.", body = InvitationList), Unauthenticated))]
pub(super) async fn own_invitations(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<InvitationList>> {
    let staff = &api.services.staff;
    Ok(Json(staff.own_invitations(account.actor()).await?))
}

/// Accept an invitation
///
/// For the account that has the invited e-mail address: it is confirmed, or `token` is that of the letter.
#[utoipa::path(post, path = "/me/invitations/{id}/accept", tag = "Accounts", operation_id = "acceptInvitation",
    request_body = Option<InvitationAnswer>,
    params(("id" = StaffId, Path, description = "The id of the invitation.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "You work on the competition now."), Unauthenticated, UnconfirmedAddress, NotFound, Invalid))]
pub(super) async fn accept(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<StaffId>,
    OptionalJsonBody(answer): OptionalJsonBody<InvitationAnswer>,
) -> ApiResult<StatusCode> {
    let staff = &api.services.staff;
    let answer = answer.unwrap_or_default();
    staff.accept(account.actor(), id, answer.token()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Decline an invitation
///
/// For the account that has the invited e-mail address: it is confirmed, or `token` is that of the letter.
#[utoipa::path(post, path = "/me/invitations/{id}/decline", tag = "Accounts", operation_id = "declineInvitation",
    request_body = Option<InvitationAnswer>,
    params(("id" = StaffId, Path, description = "The id of the invitation.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The invitation is declined."), Unauthenticated, UnconfirmedAddress, NotFound, Invalid))]
pub(super) async fn decline(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<StaffId>,
    OptionalJsonBody(answer): OptionalJsonBody<InvitationAnswer>,
) -> ApiResult<StatusCode> {
    let staff = &api.services.staff;
    let answer = answer.unwrap_or_default();
    staff.decline(account.actor(), id, answer.token()).await?;
    Ok(StatusCode::NO_CONTENT)
}
