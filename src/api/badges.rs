//! The badges of a competition's participants.

use axum::{
    Extension,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    download_names::named_after,
    error::ApiResult,
    extract::{PathId, QueryReader, QueryString},
    problem_responses::{Forbidden, Invalid, NotFound, Unauthenticated},
    state::ApiState,
};
use crate::{
    domain::{Actor, PrintedFile, badges::Badges},
    model::{BadgeSize, CompetitionId, Language, forms::Paging},
};

/// The query of badges.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct BadgesQuery {
    /// The number of the page, starting at 1. A page has 500 people, in the order of their names.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The size of the badges; `CARD` if it is absent.
    #[param(value_type = Option<BadgeSize>)]
    size: Option<String>,
}

/// Print badges
///
/// For those who check participants in: a PDF with the badges of everybody with a seat, with name, division, start number
/// and the QR code of the ticket, with marks where to cut. Its words are in the language that `Accept-Language` prefers.
#[utoipa::path(get, path = "/competitions/{id}/badges.pdf", tag = "Check-in", operation_id = "getBadges",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), BadgesQuery),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The badges, several on a page of A4.", body = Vec<u8>, content_type = "application/pdf"),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn print(
    State(api): State<ApiState>,
    account: CallerAccount,
    language: Option<Extension<Language>>,
    PathId(id): PathId<CompetitionId>,
    QueryString(query): QueryString<BadgesQuery>,
) -> ApiResult<Response> {
    let mut reader = QueryReader::default();
    let page = reader.number("page", &query.page, Paging::LAST_PAGE);
    let size: Option<BadgeSize> = reader.name("size", &query.size);
    reader.finish()?;
    let language = language.map(|Extension(language)| language);
    let wish = BadgeWish {
        page: page.unwrap_or(1),
        size: size.unwrap_or_default(),
        language: language.unwrap_or_default(),
    };
    file(&api.services.badges, account.actor(), id, wish).await
}

/// Which badges are printed, and how.
#[derive(Debug, Clone, Copy)]
pub struct BadgeWish {
    /// The number of the page of the list of people, from 1 on.
    pub page: u64,
    /// How large the badges are.
    pub size: BadgeSize,
    /// The language of their words.
    pub language: Language,
}

/// Returns the response with badges.
///
/// # Errors
/// Returns the domain's error if the actor does not check people in, or there is no such competition or page.
pub async fn file(
    badges: &Badges,
    actor: Actor,
    id: CompetitionId,
    wish: BadgeWish,
) -> ApiResult<Response> {
    let BadgeWish {
        page,
        size,
        language,
    } = wish;
    let file = badges.sheets(actor, id, page, size, language).await?;
    Ok(pdf_response("badges", file))
}

/// Returns the response with a PDF, which only one person may see.
pub(super) fn pdf_response(kind: &str, file: PrintedFile) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/pdf"),
        ),
        (
            header::CONTENT_DISPOSITION,
            named_after(kind, &file.title, "pdf"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, file.pdf).into_response()
}
