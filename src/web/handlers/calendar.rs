//! The download of a competition as a calendar entry (iCalendar, RFC 5545).

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use crate::{
    api::{ApiError, ApiResult},
    domain::{Actor, Viewer, competitions::calendar_file::CalendarFile},
    model::DomainError,
    web::{error_response::error_response, state::AppState},
};

/// `GET /competitions/{id}/calendar.ics`: returns the competition as a file with one event.
pub(in crate::web) async fn download(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    match calendar(&state, &viewer, &id).await {
        Ok(text) => {
            let headers = [
                (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
                (
                    header::CONTENT_DISPOSITION,
                    "attachment; filename=\"competition.ics\"",
                ),
            ];
            (headers, text).into_response()
        }
        Err(error) => error_response(
            request.uri().path(),
            &HeaderMap::clone(request.headers()),
            error,
        ),
    }
}

async fn calendar(state: &AppState, viewer: &Viewer, id: &str) -> ApiResult<String> {
    let id = id
        .parse()
        .map_err(|_| ApiError::from(DomainError::NotFound))?;
    let actor = viewer.user.as_ref().map(Actor::from);
    let competition = state.services.competitions.get(id, actor).await?;
    Ok(CalendarFile(competition).text(&state.config.public_url))
}
