//! The live seats of a competition, as server-sent events (WHATWG HTML, section 9.2).

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::{
    caller::Caller, error::ApiResult, extract::PathId, problem_responses::NotFound,
    state::ApiState, streams::Listener,
};
use crate::{
    domain::ClientAddress,
    model::{CompetitionId, LiveView},
};

/// Watch the seats of a competition
///
/// The stream sends `event: seats` with the numbers and the phase as `data` when it opens and after each
/// change (a seat, an edit, the opening, the deadline, the start and the end), and `event: deleted` before it ends because the competition was deleted. A comment every 15 seconds keeps
/// the connection alive; browsers reconnect by themselves. Only its organizer may watch a draft. The
/// number of streams of an address and of an account is bounded: further ones get 429 with
/// `Retry-After`.
#[utoipa::path(get, path = "/competitions/{id}/events", tag = "Competitions", operation_id = "watchSeats",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "A stream of events that stays open.", body = LiveView, content_type = "text/event-stream"), NotFound))]
pub(super) async fn watch(
    State(api): State<ApiState>,
    address: Option<Extension<ClientAddress>>,
    caller: ApiResult<Caller>,
    PathId(id): PathId<CompetitionId>,
) -> ApiResult<Response> {
    // Anyone may watch, so an invalid token counts as none.
    let listener = Listener {
        address: address.map(|Extension(address)| address),
        account: caller.ok().map(|Caller(actor)| actor.id),
    };
    let stream = api.streams.stream(&api.services.competitions, id, listener);
    let stream = stream.await?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // Otherwise nginx would buffer the events.
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}
