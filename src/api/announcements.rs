//! Announcements of an organizer to the participants of a competition.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{JsonBody, PathId, PathIds, QueryReader, QueryString, location},
    problem_responses::{
        AnnouncementKeyReused, AnnouncementSent, Forbidden, Invalid, NotFound, Unauthenticated,
    },
    registrations::optional_key,
    state::{ApiState, BASE},
};
use crate::model::{
    AnnouncementId, AnnouncementView, CompetitionId, Page, forms::AnnouncementInput,
};

/// The query of the list of announcements.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct AnnouncementsQuery {
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// List the announcements of a competition
///
/// For the competition's organizer, the newest first. Each says how many of its messages are written, and how many
/// were sent as mail or failed, and why.
#[utoipa::path(get, path = "/competitions/{id}/announcements", tag = "Competitions", operation_id = "listAnnouncements",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), AnnouncementsQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page of the list.", body = Page<AnnouncementView>), Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    QueryString(query): QueryString<AnnouncementsQuery>,
) -> ApiResult<Json<Page<AnnouncementView>>> {
    let mut reader = QueryReader::default();
    let paging = reader.paging(&query.page, &query.per_page);
    reader.finish()?;
    let announcements = &api.services.announcements;
    let page = announcements.list(account.actor(), competition, paging);
    Ok(Json(page.await?))
}

/// Announce something to participants
///
/// Every participant of the audience gets the text once, in the mailbox and by mail. The messages are written in the
/// background, at once or at `sendAt`. With an `Idempotency-Key`, the same request makes one announcement however
/// often it is sent.
#[utoipa::path(post, path = "/competitions/{id}/announcements", tag = "Competitions", operation_id = "announce",
    request_body = AnnouncementInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("Idempotency-Key" = Option<String>, Header, description = "A name for this request that the client chooses: 1 to 255 visible ASCII characters, with or without the quotes of a Structured Field string.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "The announcement, whose messages are being written or wait for their time.", body = AnnouncementView,
            headers(("Location" = String, description = "The path of the list of announcements."))),
        Unauthenticated, Forbidden, NotFound, AnnouncementKeyReused))]
pub(super) async fn announce(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    headers: HeaderMap,
    JsonBody(input): JsonBody<AnnouncementInput>,
) -> ApiResult<Response> {
    let key = optional_key(&headers)?;
    let announcements = &api.services.announcements;
    let announcement = announcements
        .announce(account.actor(), competition, key.as_ref(), input)
        .await?;
    let list = location(&format!("{BASE}/competitions/{competition}/announcements"));
    let headers = [(header::LOCATION, list)];
    Ok((StatusCode::ACCEPTED, headers, Json(announcement)).into_response())
}

/// Withdraw an announcement
///
/// Only while it waits for its time.
#[utoipa::path(delete, path = "/competitions/{id}/announcements/{announcementId}", tag = "Competitions", operation_id = "withdrawAnnouncement",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("announcementId" = AnnouncementId, Path, description = "The id of the announcement.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The announcement will not be sent."), Unauthenticated, Forbidden, NotFound, AnnouncementSent))]
pub(super) async fn withdraw(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, announcement): PathIds<CompetitionId, AnnouncementId>,
) -> ApiResult<StatusCode> {
    let announcements = &api.services.announcements;
    announcements
        .withdraw(account.actor(), competition, announcement)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
