//! Recording, listing and publishing results.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::{
    caller::{Caller, CallerAccount},
    competitions::visible,
    error::ApiResult,
    extract::{OneOrMany, OptionalJsonBody, PathId, QueryReader, QueryString},
    preconditions::names_tag,
    problem_responses::{FieldsOrKeyReused, Forbidden, Invalid, NotFound, Unauthenticated},
    registrations::{mark_replayed, optional_key},
    state::ApiState,
};
use crate::{
    domain::{Error, catalog::PublicLifetime},
    model::{
        CompetitionId, DivisionId, Page, PerformanceView, PublicationView, RecordedPerformances,
        StageId, StandingsPart, StandingsView,
        forms::{PerformanceInput, PublicationInput},
    },
    store::InfrastructureError,
};

/// One result, or a list of results.
#[derive(Debug, ToSchema)]
#[schema(as = PerformancesInput)]
#[allow(dead_code, reason = "it describes the body that `OneOrMany` reads")]
#[serde(untagged)]
#[derive(Deserialize)]
pub(super) enum PerformancesInput {
    /// A single result of one participant.
    One(PerformanceInput),
    /// From 1 to 10,000 results.
    Many(Vec<PerformanceInput>),
}

/// Record results
///
/// For the owner, the editors and those who record results. The body is one result, or an array of up to 10,000 and 4 MiB.
/// All of them are recorded, or none: the fields in `errors` are named after the place in the array, which is counted from
/// 0, like `[3].value`. With an `Idempotency-Key`, the same request records nothing more however often it is sent, and has
/// the same response. Nothing is ever changed or deleted: a result that `supersedes` another one of the same participant
/// counts instead of it. The public sees nothing of it before the next publication.
#[utoipa::path(post, path = "/stages/{id}/performances", tag = "Results", operation_id = "recordPerformances",
    request_body = PerformancesInput,
    params(("id" = StageId, Path, description = "The id of the stage."),
        ("Idempotency-Key" = Option<String>, Header, description = "A name for this request that the client chooses: 1 to 255 visible ASCII characters, with or without the quotes of a Structured Field string.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The results are recorded.", body = RecordedPerformances,
            headers(("Idempotency-Replayed" = Option<bool>, description = "It is `true` when the first response is repeated."))),
        Unauthenticated, Forbidden, NotFound, FieldsOrKeyReused))]
pub(super) async fn record(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(stage): PathId<StageId>,
    headers: HeaderMap,
    body: OneOrMany<PerformanceInput>,
) -> ApiResult<Response> {
    let key = optional_key(&headers)?;
    let (actor, results) = (account.actor(), &api.services.results);
    let recording = match body {
        OneOrMany::One(input) => results.record_one(actor, stage, key.as_ref(), input).await,
        OneOrMany::Many(inputs) => results.record(actor, stage, key.as_ref(), inputs).await,
    }?;
    let mut response = (StatusCode::CREATED, Json(recording.recorded)).into_response();
    mark_replayed(response.headers_mut(), recording.replayed);
    Ok(response)
}

/// The query of the list of results.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct PerformancesQuery {
    /// Lists only results of the participant whom this names: a start number, the number or the code of a ticket, or the
    /// id of a registration.
    code: Option<String>,
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// List recorded results
///
/// For the owner, the editors and those who record results: everything that was recorded in a stage, the newest first, also
/// what other results correct.
#[utoipa::path(get, path = "/stages/{id}/performances", tag = "Results", operation_id = "listPerformances",
    params(("id" = StageId, Path, description = "The id of the stage."), PerformancesQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page of the results.", body = Page<PerformanceView>),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(stage): PathId<StageId>,
    QueryString(query): QueryString<PerformancesQuery>,
) -> ApiResult<Json<Page<PerformanceView>>> {
    let mut reader = QueryReader::default();
    let paging = reader.paging(&query.page, &query.per_page);
    reader.finish()?;
    let code = query.code.as_deref().map(str::trim);
    let code = code.filter(|code| !code.is_empty());
    let results = &api.services.results;
    let page = results.performances(account.actor(), stage, code, paging);
    Ok(Json(page.await?))
}

/// Publish the standings of a stage
///
/// For the owner, the editors and those who record results. Makes standings of the results, and publishes them as the next
/// version, which says what differs from the one before. Participants who have no seat any more are left out. After the
/// stage's `freezeAt`, later results are left out until the standings are `official`. Without any difference from the
/// newest version, nothing changes, and the response names that version.
#[utoipa::path(post, path = "/stages/{id}/publish", tag = "Results", operation_id = "publishStage",
    request_body = Option<PublicationInput>,
    params(("id" = StageId, Path, description = "The id of the stage.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The standings are published.", body = PublicationView),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn publish(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(stage): PathId<StageId>,
    OptionalJsonBody(input): OptionalJsonBody<PublicationInput>,
) -> ApiResult<Json<PublicationView>> {
    let results = &api.services.results;
    let published = results.publish(account.actor(), stage, input.unwrap_or_default());
    Ok(Json(published.await?))
}

/// The query of standings.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct StandingsQuery {
    /// The stage; the last one with a publication if it is absent.
    #[param(value_type = Option<StageId>)]
    stage_id: Option<String>,
    /// Shows only participants of this division.
    #[param(value_type = Option<DivisionId>)]
    division_id: Option<String>,
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// Show the standings of a competition
///
/// For everybody who may see the competition: what was published last of a stage, and what differs from the version before.
/// Nothing of what was recorded since then is a part of it. With `If-None-Match`, an unchanged page is not sent again.
#[utoipa::path(get, path = "/competitions/{id}/standings", tag = "Results", operation_id = "getStandings",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), StandingsQuery,
        ("If-None-Match" = Option<String>, Header, description = "The entity tag of the page that the client already has.")),
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "One page of the standings.", body = StandingsView,
            headers(("ETag" = String, description = "The content of the page, as an entity tag."))),
        (status = 304, description = "Nothing has changed since the response with that entity tag."),
        NotFound, Invalid))]
pub(super) async fn standings(
    State(api): State<ApiState>,
    PathId(competition): PathId<CompetitionId>,
    QueryString(query): QueryString<StandingsQuery>,
    caller: Option<Caller>,
    mut parts: Parts,
) -> ApiResult<Response> {
    let mut reader = QueryReader::default();
    let paging = reader.paging(&query.page, &query.per_page);
    let stage = reader.name("stageId", &query.stage_id);
    let division = reader.name("divisionId", &query.division_id);
    reader.finish()?;
    let competition = visible(&api, competition, caller.is_some(), &mut parts).await?;
    let part = StandingsPart {
        stage,
        division,
        paging,
    };
    let page = api.services.results.standings(&competition, part).await?;
    let body = serde_json::to_vec(&*page).map_err(InfrastructureError::internal);
    let body = body.map_err(Error::from)?;
    if let Some(lifetime) = parts.extensions.get::<PublicLifetime>() {
        // Otherwise only a publication or another edit changes it.
        lifetime.set(page.freezes_at());
    }
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..16]));
    let is_known = names_tag(&parts.headers, &tag);
    // Digits, letters and quotes always fit in a header.
    let tag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""));
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::ETAG, tag), (header::CONTENT_TYPE, json)], body).into_response())
}
