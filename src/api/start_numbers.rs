//! Giving start numbers to participants.

use axum::{Json, extract::State};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{JsonBody, PathId},
    problem_responses::{Forbidden, Invalid, NotFound, Unauthenticated},
    state::ApiState,
};
use crate::model::{CompetitionId, StartNumbersView, forms::StartNumberInput};

/// Give start numbers
///
/// For the competition's organizer. Everybody with a seat who has no number gets one: division by division, within it in
/// the order that the rule names, from the numbers of the division if it has its own, and otherwise from `from` on.
/// Numbers that were given stay, and one that anybody ever had is never given again, also after a cancellation. With
/// `dryRun`, the response says what would happen. Repeating the request changes nothing.
#[utoipa::path(post, path = "/competitions/{id}/start-numbers", tag = "Check-in", operation_id = "giveStartNumbers",
    request_body = StartNumberInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What has happened, or would happen.", body = StartNumbersView),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn give(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(input): JsonBody<StartNumberInput>,
) -> ApiResult<Json<StartNumbersView>> {
    let start_numbers = &api.services.start_numbers;
    let given = start_numbers.give(account.actor(), competition, input);
    Ok(Json(given.await?))
}
