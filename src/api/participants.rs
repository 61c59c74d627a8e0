//! What organizers do to the participants of a competition.

use axum::{extract::State, http::HeaderMap, response::Response};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{JsonBody, PathId},
    problem_responses::{FieldsOrKeyReused, Forbidden, NoAct, NoPlace, NotFound, Unauthenticated},
    registrations::{optional_key, response},
    state::ApiState,
};
use crate::model::{
    BulkResultView, CompetitionId, RegistrationView,
    forms::{BulkInput, ParticipantForm},
};

/// Act on many registrations
///
/// For the competition's organizer. `CANCEL` cancels registrations and tells the participants, with the `reason` if
/// there is one; their seats go to the waitlist. `PROMOTE` gives free seats to registrations on the waitlist out of
/// turn, also during a pause, but never more seats than there are. `RESEND` writes the confirmation to participants with a seat once more.
/// All of it happens in one transaction; `results` says for each id what was done. With `dryRun`, the response says
/// what would happen at this moment, and nothing is changed.
#[utoipa::path(post, path = "/competitions/{id}/registrations/bulk", tag = "Registrations", operation_id = "actOnRegistrations",
    request_body = BulkInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("Idempotency-Key" = Option<String>, Header, description = "A name for this request that the client chooses: 1 to 255 visible ASCII characters, with or without the quotes of a Structured Field string.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "What was done to each registration, or would be.", body = BulkResultView,
            headers(("Idempotency-Replayed" = Option<bool>, description = "It is `true` when the first response is repeated."))),
        Unauthenticated, Forbidden, NotFound, NoAct, FieldsOrKeyReused))]
pub(super) async fn act(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    headers: HeaderMap,
    JsonBody(input): JsonBody<BulkInput>,
) -> ApiResult<Response> {
    let key = optional_key(&headers)?;
    let registrations = &api.services.registrations;
    let reply = registrations.act(account.actor(), competition, key.as_ref(), input);
    Ok(response(&reply.await?))
}

/// Add a participant
///
/// For the competition's organizer, who can do it before the opening, during a pause and after the deadline, but never
/// beyond the capacity. The participant takes a seat, or a position on the waitlist, and gets the same message as somebody who
/// has registered. An e-mail address without an account gets one without a password; its owner is asked to confirm
/// the address, and gets no other mail before.
#[utoipa::path(post, path = "/competitions/{id}/participants", tag = "Registrations", operation_id = "addParticipant",
    request_body = ParticipantForm,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("Idempotency-Key" = Option<String>, Header, description = "A name for this request that the client chooses: 1 to 255 visible ASCII characters, with or without the quotes of a Structured Field string.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The registration of the participant.", body = RegistrationView,
            headers(("Location" = String, description = "The path of the new registration."),
                ("Idempotency-Replayed" = Option<bool>, description = "It is `true` when the first response is repeated."))),
        Unauthenticated, Forbidden, NotFound, NoPlace, FieldsOrKeyReused))]
pub(super) async fn add(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    headers: HeaderMap,
    JsonBody(form): JsonBody<ParticipantForm>,
) -> ApiResult<Response> {
    let key = optional_key(&headers)?;
    let participants = &api.services.participants;
    let reply = participants.add(account.actor(), competition, key.as_ref(), &form);
    Ok(response(&reply.await?))
}
