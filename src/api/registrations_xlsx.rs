//! The export of registrations as a spreadsheet (XLSX), which is streamed from a temporary file.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use tokio_util::io::ReaderStream;

use super::{download_names::disposition, error::ApiResult};
use crate::{
    domain::{
        Actor,
        registration::{Registrations, Spreadsheet},
    },
    model::{CompetitionId, forms::RegistrationFilter},
};

/// The media type of spreadsheets (ECMA-376).
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Returns the response with the registrations of a competition as a spreadsheet, for its organizer.
///
/// # Errors
/// Returns the domain's error if the actor may not export the registrations, there is no such competition, or the list
/// is too long.
pub async fn file(
    registrations: &Registrations,
    actor: Actor,
    competition: CompetitionId,
    filter: RegistrationFilter,
) -> ApiResult<Response> {
    let Spreadsheet {
        title,
        file,
        length,
    } = registrations
        .spreadsheet(actor, competition, filter)
        .await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(XLSX)),
        (header::CONTENT_DISPOSITION, disposition(&title, "xlsx")),
        (header::CONTENT_LENGTH, length.into()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let bytes = ReaderStream::new(tokio::fs::File::from_std(file));
    Ok((headers, Body::from_stream(bytes)).into_response())
}
