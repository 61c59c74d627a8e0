//! Recording and undoing the results of the matches of a bracket, and taking entrants out of it.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{JsonBody, PathIds, QueryReader, QueryString},
    problem_responses::{
        FieldsOrKeyReused, Forbidden, Invalid, LaterMatches, NotFound, Unauthenticated,
    },
    registrations::{mark_replayed, optional_key},
    state::ApiState,
};
use crate::model::{
    BracketId, MatchChangeView, MatchId,
    forms::{EntrantPatch, MatchResultInput},
};

/// Record the result of a match
///
/// For the owner, the editors and those who record results. The winner advances at once, and a round of the Swiss system
/// that is complete has its next one. Another result may be recorded instead. If others meet in later matches then, their
/// results become void: this is refused unless `confirm` is `true`, and the response names them. In the Swiss system, the
/// pairings of a round that has begun stay as they are. With an `Idempotency-Key`, the same request changes nothing more
/// however often it is sent, and has the same response.
#[utoipa::path(put, path = "/brackets/{id}/matches/{matchId}", tag = "Brackets", operation_id = "recordMatch",
    request_body = MatchResultInput,
    params(("id" = BracketId, Path, description = "The id of the bracket."),
        ("matchId" = MatchId, Path, description = "The id of the match."),
        ("Idempotency-Key" = Option<String>, Header, description = "A name for this request that the client chooses: 1 to 255 visible ASCII characters, with or without the quotes of a Structured Field string.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The result is recorded.", body = MatchChangeView,
            headers(("Idempotency-Replayed" = Option<bool>, description = "It is `true` when the first response is repeated."))),
        Unauthenticated, Forbidden, NotFound, LaterMatches, FieldsOrKeyReused))]
pub(super) async fn record(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(bracket, game): PathIds<BracketId, MatchId>,
    headers: HeaderMap,
    JsonBody(input): JsonBody<MatchResultInput>,
) -> ApiResult<Response> {
    let key = optional_key(&headers)?;
    let brackets = &api.services.brackets;
    let recorded = brackets.record(account.actor(), bracket, game, key.as_ref(), &input);
    let recorded = recorded.await?;
    let mut response = Json(recorded.change).into_response();
    mark_replayed(response.headers_mut(), recorded.replayed);
    Ok(response)
}

/// The query of the undoing of a result.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct UndoQuery {
    /// Whether the results of later matches may become void.
    #[param(value_type = Option<bool>)]
    confirm: Option<String>,
}

/// Undo the result of a match
///
/// For the owner, the editors and those who record results. If that leaves later matches without their entrants, their
/// results become void: this is refused unless `confirm` is `true`. In the Swiss system, a result is undone only before the
/// next round has begun.
#[utoipa::path(delete, path = "/brackets/{id}/matches/{matchId}", tag = "Brackets", operation_id = "undoMatch",
    params(("id" = BracketId, Path, description = "The id of the bracket."),
        ("matchId" = MatchId, Path, description = "The id of the match."), UndoQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The result is undone.", body = MatchChangeView),
        Unauthenticated, Forbidden, NotFound, LaterMatches, Invalid))]
pub(super) async fn undo(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(bracket, game): PathIds<BracketId, MatchId>,
    QueryString(query): QueryString<UndoQuery>,
) -> ApiResult<Json<MatchChangeView>> {
    let mut reader = QueryReader::default();
    let confirm = reader.flag("confirm", &query.confirm);
    reader.finish()?;
    let brackets = &api.services.brackets;
    let undone = brackets.undo(account.actor(), bracket, game, confirm);
    Ok(Json(undone.await?))
}

/// Take an entrant out of a bracket
///
/// For the owner, the editors and those who record results, for example after a disqualification. The opponents win all
/// matches that have no result; those that have one keep it. A cancelled registration has the same effect by itself. With
/// `withdrawn` being `false`, the entrant is in again.
#[utoipa::path(patch, path = "/brackets/{id}/entrants/{seed}", tag = "Brackets", operation_id = "changeEntrant",
    request_body = EntrantPatch,
    params(("id" = BracketId, Path, description = "The id of the bracket."),
        ("seed" = u32, Path, description = "The seed of the entrant.", minimum = 1, maximum = 1024)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The entrant is changed."),
        Unauthenticated, Forbidden, NotFound, LaterMatches, Invalid))]
pub(super) async fn change_entrant(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(bracket, seed): PathIds<BracketId, u32>,
    JsonBody(patch): JsonBody<EntrantPatch>,
) -> ApiResult<StatusCode> {
    let brackets = &api.services.brackets;
    let changed = brackets.change_entrant(account.actor(), bracket, seed, patch);
    changed.await?;
    Ok(StatusCode::NO_CONTENT)
}
