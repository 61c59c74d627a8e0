//! Pausing of queues, for administrators.

use axum::{extract::State, http::StatusCode};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{EmptyBody, PathId},
    problem_responses::{Forbidden, Invalid, NotFound, Unauthenticated},
    state::ApiState,
};

/// Pause a queue
///
/// Within two seconds no process takes jobs of the queue any more; those that have begun are finished. New jobs wait.
/// The queue stays paused until it is resumed, also if processes are started again.
#[utoipa::path(post, path = "/admin/queues/{name}/pause", tag = "Operations", operation_id = "pauseQueue",
    params(("name" = String, Path, description = "The name of the queue.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The queue is paused."), Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn pause(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(name): PathId<String>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    let operations = &api.services.operations;
    operations.pause_queue(account.actor(), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Resume a queue
///
/// Within two seconds all processes take jobs of the queue again.
#[utoipa::path(post, path = "/admin/queues/{name}/resume", tag = "Operations", operation_id = "resumeQueue",
    params(("name" = String, Path, description = "The name of the queue.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The queue is not paused."), Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn resume(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(name): PathId<String>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    let operations = &api.services.operations;
    operations.resume_queue(account.actor(), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
