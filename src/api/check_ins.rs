//! Checking participants in, with a network and without.

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    caller::CallerAccount,
    check_in_stream,
    error::{ApiResult, problem_of},
    extract::{JsonBody, PathId, PathIds},
    problem_responses::{Forbidden, Invalid, NoCheckIn, NotATicket, NotFound, Unauthenticated},
    state::ApiState,
    streams::Listener,
};
use crate::{
    domain::ClientAddress,
    model::{
        CheckInCounts, CheckInView, CompetitionId, DomainError, OfflineListView, RegistrationId,
        ScanResultList, ScanResultView,
        forms::{CheckInBatch, CheckInInput},
    },
};

/// Check a participant in
///
/// For the owner, the editors and those who check in. Of several scans of one ticket, the earliest counts: a scan of
/// somebody who is checked in already gets `first: false`, and says when and by whom. A scan with `at` was made
/// without a network: it counts if it is earlier than those that are known, and sending it again has the same result.
/// A scan from before the time at which a check-in was undone has no effect.
#[utoipa::path(post, path = "/competitions/{id}/check-ins", tag = "Check-in", operation_id = "checkIn",
    request_body = CheckInInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The participant is checked in, by this scan or by another one.", body = CheckInView),
        Unauthenticated, Forbidden, NotFound, NoCheckIn, NotATicket))]
pub(super) async fn check_in(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(input): JsonBody<CheckInInput>,
) -> ApiResult<Json<CheckInView>> {
    let check_ins = &api.services.check_ins;
    let checked_in = check_ins.check_in(account.actor(), competition, input);
    Ok(Json(checked_in.await?))
}

/// Send scans that were made without a network
///
/// Up to 500 scans, in any order. Each has a result of its own, in the order of the scans: one that is refused keeps the
/// others back no more than a repeat does. The request can be repeated as a whole.
#[utoipa::path(post, path = "/competitions/{id}/check-ins/batch", tag = "Check-in", operation_id = "checkInBatch",
    request_body = CheckInBatch,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What has become of each scan.", body = ScanResultList),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn check_in_batch(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(batch): JsonBody<CheckInBatch>,
) -> ApiResult<Json<ScanResultList>> {
    let scans = batch.scans().map_err(DomainError::Invalid)?;
    let codes: Vec<_> = scans.iter().map(|scan| scan.code.clone()).collect();
    let actor = account.actor();
    let check_ins = &api.services.check_ins;
    let results = check_ins.check_in_all(actor, competition, scans).await?;
    let items = codes.into_iter().zip(results).map(|(code, result)| {
        let (check_in, problem) = match result {
            Ok(view) => (Some(view), None),
            Err(error) => (None, Some(problem_of(&error, actor.language))),
        };
        ScanResultView {
            code,
            check_in,
            problem,
        }
    });
    Ok(Json(ScanResultList {
        items: items.collect(),
    }))
}

/// Undo a check-in
///
/// For the owner, the editors and those who check in. Repeating the request is harmless. Scans from before it have no
/// effect any more, however late a device sends them.
#[utoipa::path(delete, path = "/competitions/{id}/check-ins/{registrationId}", tag = "Check-in", operation_id = "undoCheckIn",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("registrationId" = RegistrationId, Path, description = "The id of the registration.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The participant is not checked in."), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn undo(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, registration): PathIds<CompetitionId, RegistrationId>,
) -> ApiResult<StatusCode> {
    let check_ins = &api.services.check_ins;
    check_ins
        .undo(account.actor(), competition, registration)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get what a device needs without a network
///
/// Everybody with a seat at one moment, up to 50,000 people: names, divisions, the numbers on the tickets, and hashes by
/// which the codes of tickets are recognized. It has neither e-mail addresses nor the codes themselves.
#[utoipa::path(get, path = "/competitions/{id}/check-ins/offline", tag = "Check-in", operation_id = "getOfflineCheckIn",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The participants with a seat.", body = OfflineListView), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn offline(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
) -> ApiResult<Response> {
    let check_ins = &api.services.check_ins;
    let list: OfflineListView = check_ins.offline_list(account.actor(), competition).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(list)).into_response())
}

/// Watch how many are checked in
///
/// The stream sends `event: check-ins` with the numbers as `data` when it opens and after each change, once a second at
/// most. A comment every 15 seconds keeps the connection alive. The stream ends after 15 minutes, and when the caller may
/// not check in any more; browsers reconnect by themselves. The number of streams of an address and of an account is
/// bounded: further ones get 429 with `Retry-After`.
#[utoipa::path(get, path = "/competitions/{id}/check-ins/events", tag = "Check-in", operation_id = "watchCheckIns",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "A stream of events that stays open.", body = CheckInCounts, content_type = "text/event-stream"), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn watch(
    State(api): State<ApiState>,
    address: Option<Extension<ClientAddress>>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
) -> ApiResult<Response> {
    let slot = api.streams.take_slot(Listener {
        address: address.map(|Extension(address)| address),
        account: Some(account.actor().id),
    })?;
    let check_ins = api.services.check_ins.clone();
    let first = check_ins
        .recent_counts(account.actor(), competition)
        .await?;
    let stop = api.streams.stop_signal();
    Ok(check_in_stream::respond(
        check_ins,
        account.actor(),
        competition,
        first,
        slot,
        stop,
    ))
}
