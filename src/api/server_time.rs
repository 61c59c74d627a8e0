//! The time of the server, by which clients count down.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::state::ApiState;

/// The time of the server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerTimeView {
    /// The server's time when it wrote the response, in milliseconds.
    server_time: DateTime<Utc>,
}

/// Show the time of the server
///
/// A client measures how far its own clock is off: it asks a few times, takes half of each round trip off,
/// and keeps the fastest. The response is never stored.
#[utoipa::path(get, path = "/time", tag = "Competitions", operation_id = "getServerTime",
    responses((status = 200, description = "The time of the server.", body = ServerTimeView)))]
pub(super) async fn show(State(api): State<ApiState>) -> Response {
    let view = ServerTimeView {
        server_time: api.clock.now(),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(view)).into_response()
}
