//! The state of the installation, and the repair of seat counters, for administrators.

use axum::{Json, extract::State};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::EmptyBody,
    problem_responses::{Forbidden, Invalid, Unauthenticated},
    state::ApiState,
};
use crate::model::{HealthView, SeatRepairView};

/// Show the state of the installation
///
/// Returns the queues, the check of the seat counters, the services that the application uses, and its processes. A
/// service that does not answer within two seconds is reported as down.
#[utoipa::path(get, path = "/admin/health", tag = "Operations", operation_id = "getHealth",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The state of the installation.", body = HealthView), Unauthenticated, Forbidden))]
pub(super) async fn show(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<HealthView>> {
    let health = api.services.health.report(account.actor());
    Ok(Json(health.await?))
}

/// Correct wrong seat counters
///
/// Counts the registrations of each competition whose seat counters are known to be wrong, and writes the counters.
/// No registration is changed.
#[utoipa::path(post, path = "/admin/seat-drift/repair", tag = "Operations", operation_id = "repairSeatDrift",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The number of corrected competitions.", body = SeatRepairView), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn repair_seats(
    State(api): State<ApiState>,
    account: CallerAccount,
    EmptyBody: EmptyBody,
) -> ApiResult<Json<SeatRepairView>> {
    let repaired = api.services.seat_repair.repair(account.actor());
    Ok(Json(repaired.await?))
}
