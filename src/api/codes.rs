//! Listing, adding, generating, changing and deleting the codes with which participants register.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    accept::{ListForm, list_form},
    caller::CallerAccount,
    download_names::named_after,
    error::ApiResult,
    extract::{JsonBody, PathId, QueryReader, QueryString, location},
    problem_responses::{FieldsOrKeyReused, Forbidden, Invalid, NotFound, Unauthenticated},
    registrations::{mark_replayed, optional_key},
    registrations_csv::neutralize,
    state::{ApiState, BASE},
};
use crate::{
    domain::{Actor, Error, competitions::Competitions},
    model::{
        CodeId, CodeList, CodeView, CompetitionId, DomainError, Page,
        forms::{CodeBatchInput, CodeInput, CodePatch},
    },
    store::InfrastructureError,
};

/// U+FEFF: without it Excel decodes the file in the machine's legacy code page.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// The names of the columns.
const COLUMNS: [&str; 8] = [
    "code",
    "label",
    "kind",
    "maxUses",
    "uses",
    "email",
    "expiresAt",
    "divisionId",
];

/// The page of a list of codes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CodesQuery {
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of codes in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// List the codes of a competition
///
/// For the owner and the editors of the competition, in the order of their creation. With `Accept: text/csv`, all codes are a
/// file without pages, which can be printed or mailed. A competition has at most 10,000 codes.
#[utoipa::path(get, path = "/competitions/{id}/codes", tag = "Codes", operation_id = "listCodes",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), CodesQuery),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "A page of codes, or all codes as CSV.", content(
            (Page<CodeView> = "application/json"), (String = "text/csv"))),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    QueryString(query): QueryString<CodesQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let competitions = &api.services.competitions;
    if list_form(&headers) == ListForm::Csv {
        return file(competitions, account.actor(), competition).await;
    }
    let mut reader = QueryReader::default();
    let paging = reader.paging(&query.page, &query.per_page);
    reader.finish()?;
    let page = competitions.codes(account.actor(), competition, paging);
    Ok(Json(page.await?).into_response())
}

/// Add a code
///
/// For the owner and the editors of the competition. The number of people who are registered with it never exceeds
/// `maxUses`. For each use of a `RESERVED` code that nobody has made, a seat is set aside, which must be free. When the code
/// expires or is deleted, these seats come back, first to the waitlist.
#[utoipa::path(post, path = "/competitions/{id}/codes", tag = "Codes", operation_id = "addCode",
    request_body = CodeInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The code that was added.", body = CodeView,
            headers(("Location" = String, description = "The path of the list of codes."))),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn add(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(input): JsonBody<CodeInput>,
) -> ApiResult<Response> {
    let competitions = &api.services.competitions;
    let code = competitions
        .add_code(account.actor(), competition, input)
        .await?;
    Ok((StatusCode::CREATED, list_location(competition), Json(code)).into_response())
}

/// Generate codes
///
/// For the owner and the editors of the competition: up to 1,000 codes at once, all or none, which differ in nothing but the
/// code. Each is of 12 letters and digits, with 60 random bits. With an `Idempotency-Key`, the same request generates nothing
/// more however often it is sent, and has the codes that it has generated, as they are.
#[utoipa::path(post, path = "/competitions/{id}/codes/generate", tag = "Codes", operation_id = "generateCodes",
    request_body = CodeBatchInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("Idempotency-Key" = Option<String>, Header, description = "A name for this request that the client chooses: 1 to 255 visible ASCII characters, with or without the quotes of a Structured Field string.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The codes that were generated.", body = CodeList,
            headers(("Location" = String, description = "The path of the list of codes."),
                ("Idempotency-Replayed" = Option<bool>, description = "It is `true` when an earlier request has generated them."))),
        Unauthenticated, Forbidden, NotFound, FieldsOrKeyReused))]
pub(super) async fn generate(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    headers: HeaderMap,
    JsonBody(input): JsonBody<CodeBatchInput>,
) -> ApiResult<Response> {
    let key = optional_key(&headers)?;
    let competitions = &api.services.competitions;
    let generated = competitions
        .generate_codes(account.actor(), competition, key.as_ref(), input)
        .await?;
    let list = Json(CodeList {
        items: generated.codes,
    });
    let mut response = (StatusCode::CREATED, list_location(competition), list).into_response();
    mark_replayed(response.headers_mut(), generated.replayed);
    Ok(response)
}

/// Change a code
///
/// For the owner and the editors of the competition. Only the fields in the body change. The code itself, its kind and its
/// division stay as they are.
#[utoipa::path(patch, path = "/competitions/{id}/codes/{partId}", tag = "Codes", operation_id = "changeCode",
    request_body = CodePatch,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = CodeId, Path, description = "The id of the code.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The code as it is now.", body = CodeView),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    account: CallerAccount,
    Path(path): Path<(String, String)>,
    JsonBody(patch): JsonBody<CodePatch>,
) -> ApiResult<Json<CodeView>> {
    let (competition, code) = ids(&path)?;
    let competitions = &api.services.competitions;
    let code = competitions
        .edit_code(account.actor(), competition, code, patch)
        .await?;
    Ok(Json(code))
}

/// Delete a code
///
/// For the owner and the editors of the competition. Who has registered with the code stays registered.
#[utoipa::path(delete, path = "/competitions/{id}/codes/{partId}", tag = "Codes", operation_id = "removeCode",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = CodeId, Path, description = "The id of the code.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "Nobody registers with the code any more."), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    account: CallerAccount,
    Path(path): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    let (competition, code) = ids(&path)?;
    let competitions = &api.services.competitions;
    competitions
        .remove_code(account.actor(), competition, code)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn list_location(competition: CompetitionId) -> [(header::HeaderName, HeaderValue); 1] {
    let list = location(&format!("{BASE}/competitions/{competition}/codes"));
    [(header::LOCATION, list)]
}

fn ids((competition, code): &(String, String)) -> Result<(CompetitionId, CodeId), DomainError> {
    let unknown = |_| DomainError::NotFound;
    Ok((
        competition.parse().map_err(unknown)?,
        code.parse().map_err(unknown)?,
    ))
}

/// Returns all codes of a competition as a file of CSV (RFC 4180).
///
/// # Errors
/// Returns the domain's error if the actor may not edit the competition or there is no such one.
pub async fn file(
    competitions: &Competitions,
    actor: Actor,
    competition: CompetitionId,
) -> ApiResult<Response> {
    let (title, codes) = competitions.export_codes(actor, competition).await?;
    let body = encode(&codes).map_err(|error| Error::from(InfrastructureError::internal(error)))?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        ),
        (
            header::CONTENT_DISPOSITION,
            named_after("codes", &title, "csv"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, body).into_response())
}

fn encode(codes: &[CodeView]) -> Result<Vec<u8>, csv::Error> {
    let file = BYTE_ORDER_MARK.as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(file);
    writer.write_record(COLUMNS)?;
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    for code in codes {
        writer.write_record([
            code.code.clone(),
            neutralize(&code.label),
            code.kind.to_string(),
            code.max_uses.to_string(),
            code.uses.to_string(),
            neutralize(code.email.as_deref().unwrap_or_default()),
            code.expires_at.map(time).unwrap_or_default(),
            code.division_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
        ])?;
    }
    writer
        .into_inner()
        .map_err(|error| csv::Error::from(std::io::Error::other(error.to_string())))
}
