//! Registrations: registering, cancelling, and listing who is registered.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    accept::{ListForm, list_form},
    caller::{Caller, CallerAccount},
    error::{ApiResult, PROBLEM_JSON},
    extract::{
        JsonBody, OptionalJsonBody, PathId, QueryReader, QueryString, location, search_text,
    },
    problem_responses::{
        AnswersClosed, Forbidden, Invalid, KeyRequired, KeyReused, ListTooLong, MayNotRegister,
        NoSeat, NotFound, Unauthenticated,
    },
    registrations_csv, registrations_xlsx,
    state::{ApiState, BASE},
};
use crate::{
    domain::registration::{Outcome, RegistrationReply},
    model::{
        CompetitionId, DomainError, IdempotencyKey, Page, RegistrationId, RegistrationSort,
        RegistrationStatus, RegistrationView,
        forms::{AnswersPatch, RegistrationFilter, RegistrationInput, RequestProblem},
    },
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The query of the list of the caller's registrations.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct MyRegistrationsQuery {
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// The query of the list of a competition's registrations.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct RegistrationsQuery {
    /// Lists only registrations with this status.
    #[param(value_type = Option<RegistrationStatus>)]
    status: Option<String>,
    /// Lists only participants whose name or e-mail address has words that begin like these. Accents do not matter,
    /// and a word that nobody has is corrected.
    search: Option<String>,
    /// Lists only participants who read this language, by its tag.
    language: Option<String>,
    /// Lists only those with a seat who are checked in (`true`), or those who are not (`false`).
    #[param(value_type = Option<bool>)]
    checked_in: Option<String>,
    /// The order of the list. The default is the order of registration, or that of the waitlist with
    /// `status=WAITLISTED`.
    #[param(value_type = Option<RegistrationSort>)]
    sort: Option<String>,
    /// The id of a registration in the list: the page begins behind it, and `page` is ignored. Use it for the next
    /// page of a long list, which is then complete whoever registers or cancels meanwhile.
    #[param(value_type = Option<RegistrationId>)]
    after: Option<String>,
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// Register for a competition
///
/// Takes a seat or, if every seat is taken and there is a waitlist, a position on the waitlist. In a competition with
/// divisions, `divisionId` is required: the seat is one of the competition and one of the division. `answers` answers the
/// questions of the competition (`GET /competitions/{id}/questions`); those that require an answer need one. `code` is one that
/// the organizer has handed out: a seat may be set aside for it, or nobody registers without one. The same
/// request with the same `Idempotency-Key` gets the first response again, byte for byte, with
/// `Idempotency-Replayed: true`. Sending a request again is therefore always safe. Before the opening, the
/// response is 409 `not-open-yet`, and 409 `registration-paused` while the organizer has paused registration. Neither is
/// kept: the same request succeeds once registration is open.
#[utoipa::path(post, path = "/competitions/{id}/registrations", tag = "Registrations", operation_id = "register",
    request_body = Option<RegistrationInput>,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("Idempotency-Key" = String, Header, description = "A name for this request that the client chooses, new for each attempt to register: 1 to 255 visible ASCII characters, with or without the quotes of a Structured Field string.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The registration. Its status is `PENDING` until the confirmation is delivered, or `WAITLISTED`.",
            body = RegistrationView,
            headers(("Location" = String, description = "The path of the new registration."),
                ("Idempotency-Replayed" = Option<bool>, description = "It is `true` when the first response is repeated."))),
        KeyRequired, Unauthenticated, MayNotRegister, NotFound, NoSeat, KeyReused))]
pub(super) async fn register(
    State(api): State<ApiState>,
    Caller(actor): Caller,
    PathId(competition): PathId<CompetitionId>,
    headers: HeaderMap,
    OptionalJsonBody(input): OptionalJsonBody<RegistrationInput>,
) -> ApiResult<Response> {
    let key = key(&headers)?;
    let input = input.unwrap_or_default();
    let registrations = &api.services.registrations;
    let reply = registrations.register_with(actor, competition, &key, input);
    let reply = reply.await?;
    Ok(response(&reply))
}

/// Returns the idempotency key of a request that may do without one.
pub(super) fn optional_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, DomainError> {
    match headers.contains_key(IDEMPOTENCY_KEY) {
        true => key(headers).map(Some),
        false => Ok(None),
    }
}

/// Returns the idempotency key of a request, which must have exactly one.
fn key(headers: &HeaderMap) -> Result<IdempotencyKey, DomainError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value
            .to_str()
            .ok()
            .and_then(|text| IdempotencyKey::parse(text.trim()).ok())
            .ok_or(DomainError::IdempotencyKeyRequired),
        _ => Err(DomainError::IdempotencyKeyRequired),
    }
}

/// Marks a response that repeats an earlier one.
pub(super) fn mark_replayed(headers: &mut HeaderMap, replayed: bool) {
    if replayed {
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
}

/// Returns the stored response as it is, with the headers that its outcome has.
pub(super) fn response(reply: &RegistrationReply) -> Response {
    let stored = reply.response();
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut headers = HeaderMap::new();
    let kind = if status.is_success() {
        "application/json"
    } else {
        PROBLEM_JSON
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    mark_replayed(&mut headers, reply.replayed);
    match &reply.stored.outcome {
        Some(Outcome::Registered(registration) | Outcome::Waitlisted(registration)) => {
            let path = format!("{BASE}/registrations/{}", registration.registration_id);
            headers.insert(header::LOCATION, location(&path));
        }
        Some(Outcome::Refused(error)) => {
            if let Some(seconds) = error.retry_after() {
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
        }
        // Without an outcome, another release stored it: its bytes are repeated all the same.
        Some(Outcome::Bulk(_) | Outcome::Undone(_)) | None => {}
    }
    // No layer translates it: what is stored has the language of the first request.
    (status, headers, stored.body.clone()).into_response()
}

/// List the registrations of a competition
///
/// For the owner of the competition and those of its staff who see participants; `CHECK_IN` gets no e-mail addresses. In the order in which people registered, or with
/// `status=WAITLISTED` in the order of the waitlist. With `Accept: text/csv`, all registrations are
/// streamed as they are at one moment, without pages: first those with a seat, then the waitlist, then
/// those that were cancelled. The CSV contains those that `status`, `search`, `language` and `checkedIn` select, with
/// times as clocks at the venue show them, a column for the division where there are divisions, one for the start number
/// and one for the time of the check-in where there are any, and one for each question. With
/// `Accept: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`, the same list is a spreadsheet of at most
/// 100,000 rows, whose cells are texts in the language of the request. `total` is exact, except that no more than 1,000 are counted where several
/// conditions are met by thousands.
#[utoipa::path(get, path = "/competitions/{id}/registrations", tag = "Registrations", operation_id = "listRegistrations",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), RegistrationsQuery),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "One page of the list, or all registrations as CSV or as a spreadsheet.", content(
            (Page<RegistrationView> = "application/json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        Unauthenticated, Forbidden, NotFound, ListTooLong, Invalid))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    headers: HeaderMap,
    QueryString(query): QueryString<RegistrationsQuery>,
) -> ApiResult<Response> {
    let mut reader = QueryReader::default();
    let filter = RegistrationFilter {
        status: reader.name("status", &query.status),
        search: search_text(&query.search),
        language: reader.name("language", &query.language),
        checked_in: reader.optional_flag("checkedIn", &query.checked_in),
        sort: reader.name("sort", &query.sort),
        after: reader.parsed("after", &query.after, RequestProblem::NotAnId, |text| {
            text.parse().ok()
        }),
    };
    let paging = reader.paging(&query.page, &query.per_page);
    reader.finish()?;
    let registrations = &api.services.registrations;
    let actor = account.actor();
    let vary = [(header::VARY, HeaderValue::from_static("accept"))];
    let response = match list_form(&headers) {
        ListForm::Csv => {
            registrations_csv::stream(registrations, actor, competition, filter).await?
        }
        ListForm::Spreadsheet => {
            registrations_xlsx::file(registrations, actor, competition, filter).await?
        }
        ListForm::Json => {
            let page = registrations
                .of_competition(actor, competition, &filter, paging)
                .await?;
            Json(page).into_response()
        }
    };
    Ok((vary, response).into_response())
}

/// List my registrations
///
/// Registrations for upcoming competitions come first.
#[utoipa::path(get, path = "/me/registrations", tag = "Registrations", operation_id = "listMyRegistrations",
    params(MyRegistrationsQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page of the list.", body = Page<RegistrationView>), Unauthenticated, Invalid))]
pub(super) async fn mine(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(query): QueryString<MyRegistrationsQuery>,
) -> ApiResult<Json<Page<RegistrationView>>> {
    let mut reader = QueryReader::default();
    let paging = reader.paging(&query.page, &query.per_page);
    reader.finish()?;
    let page = api
        .services
        .registrations
        .mine(account.actor(), paging)
        .await?;
    Ok(Json(page.map(|entry| RegistrationView {
        competition_title: Some(entry.competition.title),
        ..entry.registration
    })))
}

/// Show a registration
///
/// For the participant, and for the owner, the editors and the viewers of the competition, with the answers. Only the participant gets `ticketCode`, which check-in
/// reads from the QR code of the ticket.
#[utoipa::path(get, path = "/registrations/{id}", tag = "Registrations", operation_id = "getRegistration",
    params(("id" = RegistrationId, Path, description = "The id of the registration.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The registration as it is now.", body = RegistrationView), Unauthenticated, NotFound))]
pub(super) async fn show(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<RegistrationId>,
) -> ApiResult<Json<RegistrationView>> {
    let tickets = &api.services.tickets;
    Ok(Json(tickets.registration(account.actor(), id).await?))
}

/// Change the answers of a registration
///
/// For the participant, until the competition starts. Questions that are not named keep their answers, and `null` takes an
/// answer back. An answer that is sent as it was stays as it was, whatever has become of its question.
#[utoipa::path(patch, path = "/registrations/{id}", tag = "Registrations", operation_id = "changeAnswers",
    request_body = AnswersPatch,
    params(("id" = RegistrationId, Path, description = "The id of the registration.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The registration with its answers.", body = RegistrationView),
        Unauthenticated, NotFound, AnswersClosed, Invalid))]
pub(super) async fn change_answers(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<RegistrationId>,
    JsonBody(patch): JsonBody<AnswersPatch>,
) -> ApiResult<Json<RegistrationView>> {
    let actor = account.actor();
    let registrations = &api.services.registrations;
    registrations
        .change_answers(actor, id, &patch.answers)
        .await?;
    Ok(Json(api.services.tickets.registration(actor, id).await?))
}

/// Cancel a registration
///
/// The seat becomes free, and the first of the waitlist gets it. Repeating the request is harmless.
#[utoipa::path(delete, path = "/registrations/{id}", tag = "Registrations", operation_id = "cancelRegistration",
    params(("id" = RegistrationId, Path, description = "The id of the registration.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The registration is cancelled."), Unauthenticated, NotFound))]
pub(super) async fn cancel(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<RegistrationId>,
) -> ApiResult<StatusCode> {
    api.services
        .registrations
        .cancel(account.actor(), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::Utc;

    use super::*;
    use crate::{
        api::REGISTRATION_RESPONSES, domain::registration::StoredOutcome, model::Language,
    };

    fn with(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn exactly_one_key_that_reads_is_a_key() {
        assert_eq!(key(&with(&["\"a-1\""])).unwrap().as_str(), "a-1");
        for wrong in [&[][..], &["a", "b"], &["a b"], &[""]] {
            assert_eq!(key(&with(wrong)), Err(DomainError::IdempotencyKeyRequired));
        }
    }

    #[test]
    fn a_stored_response_is_sent_as_it_is_and_a_repeat_says_so() {
        let outcome = Outcome::Refused(DomainError::RequestInProgress);
        let response = response(&RegistrationReply {
            stored: Arc::new(StoredOutcome {
                fingerprint: String::new(),
                response: (REGISTRATION_RESPONSES.encode)(&outcome, Language::German).unwrap(),
                outcome: Some(outcome),
                expires_at: Utc::now(),
            }),
            replayed: true,
        });
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        assert_eq!(response.headers()[IDEMPOTENCY_REPLAYED], "true");
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }
}
