//! The pictures of tickets.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::PathId,
    picture_head::{POLICY, PRIVATE, respond},
    problem_responses::{NoTicket, Unauthenticated},
    state::ApiState,
};
use crate::{
    domain::tickets::TicketPicture,
    model::{Language, RegistrationId},
};

/// What else than the address selects the picture.
const VARY: HeaderValue = HeaderValue::from_static("accept-language, authorization, cookie");

/// Show my ticket as SVG
///
/// For the participant alone, while the registration holds a seat. The QR code contains the registration's
/// `ticketCode`. The picture needs no fonts. Its words are in the language that `Accept-Language` prefers, or in
/// English if the fonts lack it.
#[utoipa::path(get, path = "/registrations/{id}/ticket.svg", tag = "Registrations", operation_id = "getTicket",
    params(("id" = RegistrationId, Path, description = "The id of the registration."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag of the picture that the client already has.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The ticket, 1080 × 1680 pixels.", body = String, content_type = "image/svg+xml",
            headers(("ETag" = String, description = "The version of the picture, as an entity tag."))),
        (status = 304, description = "The picture has not changed since that version."),
        Unauthenticated, NoTicket))]
pub(super) async fn svg(
    State(api): State<ApiState>,
    account: CallerAccount,
    language: Option<Extension<Language>>,
    PathId(id): PathId<RegistrationId>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let picture = picture(&api, &account, id, language).await?;
    let head = head(&picture, id, "svg", "image/svg+xml");
    respond(head, &headers, picture.svg()).await
}

/// Show my ticket as PNG
///
/// The same picture as `ticket.svg`, for the photos of a phone. Words of scripts that the fonts lack are left
/// out, among them Japanese.
#[utoipa::path(get, path = "/registrations/{id}/ticket.png", tag = "Registrations", operation_id = "getTicketPhoto",
    params(("id" = RegistrationId, Path, description = "The id of the registration."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag of the picture that the client already has.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The ticket, 1080 × 1680 pixels.", body = Vec<u8>, content_type = "image/png",
            headers(("ETag" = String, description = "The version of the picture, as an entity tag."))),
        (status = 304, description = "The picture has not changed since that version."),
        Unauthenticated, NoTicket))]
pub(super) async fn png(
    State(api): State<ApiState>,
    account: CallerAccount,
    language: Option<Extension<Language>>,
    PathId(id): PathId<RegistrationId>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let picture = picture(&api, &account, id, language).await?;
    let head = head(&picture, id, "png", "image/png");
    respond(head, &headers, picture.png()).await
}

async fn picture(
    api: &ApiState,
    account: &CallerAccount,
    id: RegistrationId,
    language: Option<Extension<Language>>,
) -> ApiResult<TicketPicture> {
    let language = language.map(|Extension(language)| language);
    let tickets = &api.services.tickets;
    let picture = tickets.picture(
        account.actor(),
        &account.user.name,
        id,
        language.unwrap_or_default(),
    );
    Ok(picture.await?)
}

/// Returns the headers of a picture. A browser that saves it gives it a name that says what it is.
fn head(
    picture: &TicketPicture,
    id: RegistrationId,
    extension: &str,
    content_type: &'static str,
) -> HeaderMap {
    // Hexadecimal digits, hyphens and quotes always fit in a header.
    let text = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    let name = crate::model::ticket_number(id);
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (
            header::CONTENT_DISPOSITION,
            text(format!("inline; filename=\"ticket-{name}.{extension}\"")),
        ),
        (header::CACHE_CONTROL, PRIVATE),
        (header::VARY, VARY),
        (header::ETAG, text(format!("\"{}\"", picture.version()))),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ])
}
