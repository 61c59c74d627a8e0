//! Live seats of a competition, as server-sent events.

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::{Api, ApiResult, extract::Id, problems::NotFound};
use crate::model::{CompetitionId, SeatsView};

/// Watch the seats of a competition
///
/// `event: seats` with the numbers as `data`, on connect and on each change. A comment every
/// 15 seconds keeps the connection alive. Browsers come back by themselves when it breaks.
#[utoipa::path(get, path = "/competitions/{id}/events", tag = "Competitions", operation_id = "watchSeats",
    params(("id" = CompetitionId, Path, description = "Which")),
    responses((status = 200, description = "A stream without end", body = SeatsView, content_type = "text/event-stream"), NotFound))]
pub(super) async fn watch(
    State(api): State<Api>,
    Id(id): Id<CompetitionId>,
) -> ApiResult<Response> {
    let stream = api.streams.stream(&api.services.competitions, id).await?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // nginx would hold events back otherwise.
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}
