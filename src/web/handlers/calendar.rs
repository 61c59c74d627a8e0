//! The downloads of a competition, and of its opening, as calendar entries (iCalendar, RFC 5545).

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
    web::{error_response::error_response, middleware::request_language, state::AppState},
};

/// `GET /competitions/{id}/calendar.ics`: returns the competition as a file with one event.
pub(in crate::web) async fn download(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (site, language) = (&state.config.public_url, request_language::of(&request));
    let file = calendar_file(&state, &viewer, &id).await;
    respond(
        file.map(|file| (file.text(site, language), file.name())),
        &request,
    )
}

/// `GET /competitions/{id}/opening.ics`: returns the opening of registration as a file with one event.
pub(in crate::web) async fn opening(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (site, language) = (&state.config.public_url, request_language::of(&request));
    let file = calendar_file(&state, &viewer, &id).await;
    let opening = file.and_then(|file| match file.opening_text(site, language) {
        Some(text) => Ok((text, format!("{}-registration", file.name()))),
        None => Err(DomainError::NotFound.into()),
    });
    respond(opening, &request)
}

/// Responds with a file and its name.
fn respond(file: ApiResult<(String, String)>, request: &Request) -> Response {
    match file {
        Ok((text, name)) => {
            let headers = [
                (
                    header::CONTENT_TYPE,
                    "text/calendar; charset=utf-8".to_owned(),
                ),
                (header::CONTENT_DISPOSITION, attachment(&name)),
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

/// Returns the header for a file with this name, which consists of letters, digits and hyphens. Letters other than
/// those of English are in a parameter of their own (RFC 6266).
fn attachment(name: &str) -> String {
    let plain = name.replace(|c: char| !c.is_ascii(), "");
    let plain = match plain.trim_matches('-') {
        "" => "competition",
        plain => plain,
    };
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            b'-' | b'0'..=b'9' | b'a'..=b'z' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}.ics\"; filename*=UTF-8''{encoded}.ics")
}

async fn calendar_file(state: &AppState, viewer: &Viewer, id: &str) -> ApiResult<CalendarFile> {
    let id = id
        .parse()
        .map_err(|_| ApiError::from(DomainError::NotFound))?;
    let actor = viewer.user.as_ref().map(Actor::from);
    let competitions = &state.services.competitions;
    Ok(competitions.calendar_file(id, actor).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_script_is_a_valid_header() {
        for (name, header) in [
            (
                "a-b",
                "attachment; filename=\"a-b.ics\"; filename*=UTF-8''a-b.ics",
            ),
            (
                "東京",
                "attachment; filename=\"competition.ics\"; filename*=UTF-8''%E6%9D%B1%E4%BA%AC.ics",
            ),
        ] {
            assert_eq!(attachment(name), header);
        }
    }
}
