//! The pictures that organizers upload for their competitions.

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::{ApiError, ApiResult},
    extract::{PathId, QueryReader, QueryString},
    picture_head::{PictureHead, respond},
    problem_responses::{
        Forbidden, Invalid, NotAPicture, NotFound, Unauthenticated, UnusablePicture,
    },
    state::ApiState,
};
use crate::{
    domain::pictures::{Upload, UploadError},
    model::{
        CompetitionId, DomainError,
        forms::{FieldErrors, FieldProblem},
        picture::{Focus, LONGEST_SIDE, MAX_BYTES, PictureError, PictureView},
    },
};

/// The query of an upload.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct UploadQuery {
    /// What the picture shows, for people who do not see it: at most 250 characters.
    alt: Option<String>,
    /// The part that stays visible where only a part is shown. It is the middle if this is absent.
    #[param(value_type = Option<Focus>)]
    focus: Option<String>,
}

/// The query of a file.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct PictureQuery {
    /// The version of the picture. Pages of this site name it, so that browsers may keep the picture for a
    /// year.
    v: Option<String>,
    /// The width that is wanted, in pixels. The response is the next one that is stored.
    #[param(value_type = Option<u32>)]
    w: Option<String>,
}

/// Upload the picture of a competition
///
/// The body is a JPEG, PNG or WebP file of at most 10 MB, 600 × 315 to 16,000 × 16,000 and 50 million pixels;
/// its type follows from its content. It is turned upright, cut to the ratio of 1200 to 630 around the focus,
/// and stored anew in several widths, without anything else that the file says. It takes the place of the
/// picture before.
#[utoipa::path(put, path = "/competitions/{id}/picture", tag = "Competitions", operation_id = "uploadPicture",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), UploadQuery),
    request_body(content = Vec<u8>, content_type = "image/*", description = "The file is a JPEG, PNG or WebP picture."),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The picture is stored.", body = PictureView),
        Unauthenticated, Forbidden, NotFound, NotAPicture, UnusablePicture))]
pub(super) async fn upload(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    QueryString(query): QueryString<UploadQuery>,
    account: CallerAccount,
    body: Body,
) -> ApiResult<Json<PictureView>> {
    let mut reader = QueryReader::default();
    let focus: Option<Focus> = reader.name("focus", &query.focus);
    reader.finish()?;
    let actor = account.actor();
    let pictures = &api.services.pictures;
    let slot = pictures.admit(actor, id).await?;
    let file = to_bytes(body, MAX_BYTES).await.map_err(|_| too_large())?;
    let upload = Upload {
        file,
        alt: query.alt.unwrap_or_default(),
        focus: focus.unwrap_or_default(),
    };
    let picture = pictures.replace(actor, id, upload, slot).await;
    let picture = picture.map_err(problem)?;
    let competition = api.services.competitions.get_owned(actor, id).await?;
    Ok(Json(PictureView {
        url: competition.picture_path(&picture, picture.width()),
        width: picture.width(),
        height: picture.height,
    }))
}

/// Returns the error response for a picture that was not stored.
fn problem(error: UploadError) -> ApiError {
    match error {
        UploadError::Unusable(PictureError::UnknownType) => DomainError::UnsupportedPicture.into(),
        UploadError::Unusable(PictureError::TooLarge) => too_large(),
        UploadError::Unusable(error) => DomainError::Invalid(FieldErrors::one(
            error.field(),
            FieldProblem::Picture(error),
        ))
        .into(),
        UploadError::Other(error) => error.into(),
    }
}

/// Returns the error for a body that is larger than a picture may be, or that broke off.
fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        "Too large",
        |t| t.picture.too_large.to_owned(),
    )
}

/// Remove the picture of a competition
///
/// The competition shows its drawn cover again. Nothing happens if it has no picture.
#[utoipa::path(delete, path = "/competitions/{id}/picture", tag = "Competitions", operation_id = "removePicture",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The competition has no picture."), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    account: CallerAccount,
) -> ApiResult<StatusCode> {
    api.services.pictures.remove(account.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show the picture that was uploaded for a competition
///
/// A competition without one has a drawn cover, at `/competitions/{id}/cover.svg`. The pictures of drafts are
/// shown to their organizer only.
#[utoipa::path(get, path = "/competitions/{id}/picture.jpg", tag = "Competitions", operation_id = "getPicture",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), PictureQuery,
        ("If-None-Match" = Option<String>, Header, description = "The entity tag of the picture that the client already has.")),
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The picture, in the ratio of 1200 to 630.", body = Vec<u8>, content_type = "image/jpeg",
            headers(("ETag" = String, description = "The version of the picture, as an entity tag."))),
        (status = 304, description = "The picture has not changed since that version."),
        NotFound, Invalid))]
pub(super) async fn show(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    QueryString(query): QueryString<PictureQuery>,
    account: Option<CallerAccount>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let mut reader = QueryReader::default();
    let wanted = reader.number("w", &query.w, u64::from(LONGEST_SIDE));
    let wanted = wanted
        .and_then(|width| u32::try_from(width).ok())
        .unwrap_or(LONGEST_SIDE);
    reader.finish()?;
    let viewer = account.as_ref().map(CallerAccount::actor);
    let competition = api.services.catalog.competition(id, viewer).await?;
    let picture = competition.picture.as_ref().ok_or(DomainError::NotFound)?;
    let version = picture.id.to_string();
    let head = PictureHead::new("image/jpeg", &version)
        .wide(picture.width_for(wanted))
        .of(&competition, query.v.as_deref());
    respond(head, &headers, api.services.pictures.file(picture, wanted)).await
}
