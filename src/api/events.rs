//! Live seats of a competition, as server-sent events.

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
    model::{CompetitionId, SeatsView},
};

/// Watch the seats of a competition
///
/// `event: seats` with the numbers as `data`, on connect and on each change; `event: deleted`, and the
/// end of the stream, when the competition is deleted. A comment every 15 seconds keeps the connection
/// alive. Browsers come back by themselves when it breaks. A draft's numbers are for its organizer. An
/// address and an account have a bound on their streams; 429 with `Retry-After` beyond.
#[utoipa::path(get, path = "/competitions/{id}/events", tag = "Competitions", operation_id = "watchSeats",
    params(("id" = CompetitionId, Path, description = "Which")),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "A stream without end", body = SeatsView, content_type = "text/event-stream"), NotFound))]
pub(super) async fn watch(
    State(api): State<ApiState>,
    address: Option<Extension<ClientAddress>>,
    caller: ApiResult<Caller>,
    PathId(id): PathId<CompetitionId>,
) -> ApiResult<Response> {
    // Anybody may listen, so a token that does not hold is as good as none.
    let to = Listener {
        address: address.map(|Extension(address)| address),
        account: caller.ok().map(|Caller(actor)| actor.id),
    };
    let stream = api.streams.stream(&api.services.competitions, id, to);
    let stream = stream.await?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // nginx would hold events back otherwise.
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}
