//! The downloads of a competition, and of its opening, as calendar entries (iCalendar, RFC 5545).

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use crate::{
    api::{ApiError, ApiResult},
    domain::{
        Actor, Viewer,
        competitions::calendar_file::{CalendarFile, OpeningCalendarFile},
    },
    model::{CompetitionView, DomainError},
    web::{error_response::error_response, state::AppState},
};

/// `GET /competitions/{id}/calendar.ics`: returns the competition as a file with one event.
pub(in crate::web) async fn download(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let site = &state.config.public_url;
    let file = match competition(&state, &viewer, &id).await {
        Ok(competition) => Ok(CalendarFile(competition).text(site)),
        Err(error) => Err(error),
    };
    respond(file, "competition.ics", &request)
}

/// `GET /competitions/{id}/opening.ics`: returns the opening of registration as a file with one event.
pub(in crate::web) async fn opening(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let site = &state.config.public_url;
    let file = match competition(&state, &viewer, &id).await {
        Ok(competition) => OpeningCalendarFile(competition)
            .text(site)
            .ok_or_else(|| DomainError::NotFound.into()),
        Err(error) => Err(error),
    };
    respond(file, "opening.ics", &request)
}

fn respond(file: ApiResult<String>, name: &str, request: &Request) -> Response {
    match file {
        Ok(text) => {
            let headers = [
                (
                    header::CONTENT_TYPE,
                    "text/calendar; charset=utf-8".to_owned(),
                ),
                (
                    header::CONTENT_DISPOSITION,
                    format!("attachment; filename=\"{name}\""),
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

async fn competition(state: &AppState, viewer: &Viewer, id: &str) -> ApiResult<CompetitionView> {
    let id = id
        .parse()
        .map_err(|_| ApiError::from(DomainError::NotFound))?;
    let actor = viewer.user.as_ref().map(Actor::from);
    Ok(state.services.competitions.get(id, actor).await?)
}
