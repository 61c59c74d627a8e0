//! Pausing registration for a competition, and resuming it.

use axum::{extract::State, http::StatusCode};

use super::{
    ApiResult, ApiState,
    caller::CallerAccount,
    extract::{EmptyBody, PathId},
    problem_responses::{Closed, Forbidden, NotFound, Unauthenticated},
};
use crate::model::CompetitionId;

/// Pause registration
///
/// From then on nobody can register or join the waitlist: a registration is answered 409 `registration-paused`, which is
/// not kept under its key. Registrations stay and can be cancelled, and a seat that is given back goes to the waitlist.
/// Organizers can still add and promote participants. Pausing twice is no error.
#[utoipa::path(post, path = "/competitions/{id}/pause", tag = "Competitions", operation_id = "pauseRegistration",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "Registration is paused from now on."), Unauthenticated, Forbidden, NotFound, Closed))]
pub(super) async fn pause(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<CompetitionId>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    let competitions = &api.services.competitions;
    competitions.pause(account.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Resume registration
///
/// Registration goes on as its times and its free seats allow. Resuming what is not paused is no error.
#[utoipa::path(post, path = "/competitions/{id}/resume", tag = "Competitions", operation_id = "resumeRegistration",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "Registration is not paused any more."), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn resume(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<CompetitionId>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    let competitions = &api.services.competitions;
    competitions.resume(account.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
