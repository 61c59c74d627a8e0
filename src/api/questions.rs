//! Listing, adding, changing and removing what competitions ask.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, request::Parts},
    response::Response,
};

use super::{
    caller::{Caller, CallerAccount},
    competitions::visible,
    error::ApiResult,
    extract::{JsonBody, PathId, PathIds, created},
    problem_responses::{Forbidden, Invalid, NotFound, Unauthenticated},
    state::{ApiState, BASE},
};
use crate::{
    domain::Error,
    model::{
        CompetitionId, QuestionId, QuestionList, QuestionView,
        forms::{QuestionInput, QuestionPatch},
    },
};

/// List the questions of a competition
///
/// In their order, as everyone who registers answers them. A competition that asks nothing has an empty list.
#[utoipa::path(get, path = "/competitions/{id}/questions", tag = "Questions", operation_id = "listQuestions",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The questions in their order.", body = QuestionList), NotFound))]
pub(super) async fn list(
    State(api): State<ApiState>,
    PathId(competition): PathId<CompetitionId>,
    caller: Option<Caller>,
    mut parts: Parts,
) -> ApiResult<Json<QuestionList>> {
    let competition = visible(&api, competition, caller.is_some(), &mut parts).await?;
    let questions = api.services.questions.of(&competition).await;
    let questions = questions.map_err(Error::from)?;
    Ok(Json(QuestionList {
        items: questions.asked.clone(),
    }))
}

/// Add a question
///
/// For the competition's organizer, behind the others. From then on, everyone who registers is asked; those who are
/// registered already may answer. A competition asks at most 30 questions.
#[utoipa::path(post, path = "/competitions/{id}/questions", tag = "Questions", operation_id = "addQuestion",
    request_body = QuestionInput,
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The question that was added.", body = QuestionView,
            headers(("Location" = String, description = "The path of the list of questions."))),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn add(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(competition): PathId<CompetitionId>,
    JsonBody(input): JsonBody<QuestionInput>,
) -> ApiResult<Response> {
    let competitions = &api.services.competitions;
    let question = competitions
        .add_question(account.actor(), competition, input)
        .await?;
    let path = format!("{BASE}/competitions/{competition}/questions");
    Ok(created(&path, question))
}

/// Change a question
///
/// For the competition's organizer. Only the fields in the body change, and no answer is lost. `position` moves the
/// question, and `archived` decides whether it is asked.
#[utoipa::path(patch, path = "/competitions/{id}/questions/{partId}", tag = "Questions", operation_id = "changeQuestion",
    request_body = QuestionPatch,
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = QuestionId, Path, description = "The id of the question.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The question as it is now.", body = QuestionView),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, question): PathIds<CompetitionId, QuestionId>,
    JsonBody(patch): JsonBody<QuestionPatch>,
) -> ApiResult<Json<QuestionView>> {
    let competitions = &api.services.competitions;
    let question = competitions
        .edit_question(account.actor(), competition, question, patch)
        .await?;
    Ok(Json(question))
}

/// Remove a question
///
/// For the competition's organizer. If anybody has answered, the question is archived: it is not asked any more, and its
/// answers stay.
#[utoipa::path(delete, path = "/competitions/{id}/questions/{partId}", tag = "Questions", operation_id = "removeQuestion",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("partId" = QuestionId, Path, description = "The id of the question.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The question is not asked any more."), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(competition, question): PathIds<CompetitionId, QuestionId>,
) -> ApiResult<StatusCode> {
    let competitions = &api.services.competitions;
    competitions
        .remove_question(account.actor(), competition, question)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
