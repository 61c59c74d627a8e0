//! A competition as a calendar entry (iCalendar, RFC 5545).

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use icalendar::{Calendar, Component, Event, EventLike, EventStatus};

use super::{AppState, refuse::refuse};
use crate::{
    api::{ApiError, ApiResult, Visitor},
    domain::Actor,
    model::{CompetitionStatus, CompetitionView, Refusal},
};

/// `GET /competitions/{id}/calendar.ics`
pub(super) async fn download(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    match entry(&state, &visitor, &id).await {
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
        Err(error) => refuse(
            request.uri().path(),
            &HeaderMap::clone(request.headers()),
            error,
        ),
    }
}

async fn entry(state: &AppState, visitor: &Visitor, id: &str) -> ApiResult<String> {
    let id = id.parse().map_err(|_| ApiError::from(Refusal::NotFound))?;
    let viewer = visitor.0.as_ref().map(Actor::from);
    let competition = state.services.competitions.get(id, viewer).await?;
    Ok(calendar(
        &competition,
        state.config.public_url.as_str().trim_end_matches('/'),
        state.config.public_url.host_str().unwrap_or("mini-compete"),
    ))
}

fn calendar(competition: &CompetitionView, site: &str, host: &str) -> String {
    let mut event = Event::new();
    event
        .uid(&format!("{}@{host}", competition.id))
        // Calendars take the entry with the highest number for the newest.
        .sequence(u32::try_from(competition.version).unwrap_or(u32::MAX))
        .timestamp(competition.created_at)
        .summary(&competition.title)
        .description(&competition.description)
        .url(&format!("{site}/competitions/{}", competition.id))
        .starts(competition.starts_at)
        .status(match competition.status {
            CompetitionStatus::Draft => EventStatus::Tentative,
            CompetitionStatus::Published => EventStatus::Confirmed,
            CompetitionStatus::Cancelled => EventStatus::Cancelled,
        });
    if let Some(end) = competition
        .ends_at
        .filter(|end| *end > competition.starts_at)
    {
        event.ends(end);
    }
    if !competition.location.is_empty() {
        event.location(&competition.location);
    }
    let event = event.done();
    Calendar::new().push(event).done().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CompetitionId, UserId};

    fn competition() -> CompetitionView {
        let start = "2030-03-02T09:00:00Z".parse().unwrap();
        CompetitionView {
            id: CompetitionId::new(),
            organizer_id: UserId::new(),
            organizer_name: "Ada".into(),
            title: "Sprint; round, one".into(),
            description: "Line one\nBEGIN:VALARM".into(),
            location: "Hall 1".into(),
            tags: vec![],
            capacity: 1,
            seats_left: 1,
            waitlist_enabled: false,
            waitlisted: 0,
            status: CompetitionStatus::Published,
            reg_deadline: start,
            starts_at: start,
            ends_at: None,
            version: 3,
            created_at: start,
        }
    }

    #[test]
    fn an_entry_says_when_where_and_what_in_utc() {
        let text = calendar(&competition(), "https://c.example", "c.example");
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n"));
        for line in [
            "DTSTART:20300302T090000Z\r\n",
            "SUMMARY:Sprint\\; round\\, one\r\n",
            "LOCATION:Hall 1\r\n",
            "SEQUENCE:3\r\n",
            "STATUS:CONFIRMED\r\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn text_from_people_cannot_add_lines_of_its_own() {
        let text = calendar(&competition(), "https://c.example", "c.example");
        assert!(!text.contains("\r\nBEGIN:VALARM"));
        assert!(!text.contains("\nBEGIN:VALARM"));
    }
}
