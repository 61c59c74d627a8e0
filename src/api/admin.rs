//! Queues and failed jobs, for administrators.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{EmptyBody, PathId, QueryReader, QueryString, search_text},
    problem_responses::{Forbidden, Invalid, NotFound, Unauthenticated},
    state::ApiState,
};
use crate::{
    domain::operations::Selection,
    model::{
        FailedGroupView, FailedJobView, Page, QueueView, RetriedView,
        forms::{FieldErrors, RequestProblem},
    },
};

/// The query of the list of failed jobs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct FailedJobsQuery {
    /// Lists only the failed jobs of this group.
    group: Option<String>,
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// The selection of failed jobs: a group, or all if the client says so explicitly.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct FailedJobSelection {
    /// Selects the failed jobs of this group.
    group: Option<String>,
    /// Selects all failed jobs if it is `true`.
    #[param(value_type = Option<bool>)]
    all: Option<String>,
}

impl FailedJobSelection {
    fn selection(self) -> ApiResult<Selection> {
        let mut reader = QueryReader::default();
        let all = reader.flag("all", &self.all);
        reader.finish()?;
        match (search_text(&self.group), all) {
            (Some(group), false) => Ok(Selection::Group(group)),
            (None, true) => Ok(Selection::All),
            _ => Err(FieldErrors::one("group", RequestProblem::NoGroup).into()),
        }
    }
}

/// Show the queues
///
/// Lists each queue with the number of its jobs in each state.
#[utoipa::path(get, path = "/admin/queues", tag = "Operations", operation_id = "listQueues",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The state of every queue.", body = Vec<QueueView>), Unauthenticated, Forbidden))]
pub(super) async fn queues(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<Vec<QueueView>>> {
    Ok(Json(api.services.operations.queues(account.actor()).await?))
}

/// List failed jobs
///
/// The newest failure comes first.
#[utoipa::path(get, path = "/admin/failed-jobs", tag = "Operations", operation_id = "listFailedJobs",
    params(FailedJobsQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page of the list.", body = Page<FailedJobView>), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn failed_jobs(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(query): QueryString<FailedJobsQuery>,
) -> ApiResult<Json<Page<FailedJobView>>> {
    let mut reader = QueryReader::default();
    let paging = reader.paging(&query.page, &query.per_page);
    reader.finish()?;
    let group = search_text(&query.group);
    let operations = &api.services.operations;
    let page = operations.failed_jobs(account.actor(), group.as_deref(), paging);
    Ok(Json(page.await?))
}

/// List the causes of failed jobs
///
/// The most frequent cause comes first.
#[utoipa::path(get, path = "/admin/failed-jobs/groups", tag = "Operations", operation_id = "listFailedGroups",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "Every group of failed jobs.", body = Vec<FailedGroupView>), Unauthenticated, Forbidden))]
pub(super) async fn groups(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<Vec<FailedGroupView>>> {
    let groups = api.services.operations.failed_groups(account.actor());
    Ok(Json(groups.await?))
}

/// Try a failed job again
///
/// The job is put into its queue again and keeps its history.
#[utoipa::path(post, path = "/admin/failed-jobs/{id}/retry", tag = "Operations", operation_id = "retryFailedJob",
    params(("id" = Uuid, Path, description = "The id of the failed job.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 202, description = "The job is in its queue again.", body = RetriedView), Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn retry(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<Uuid>,
    EmptyBody: EmptyBody,
) -> ApiResult<(StatusCode, Json<RetriedView>)> {
    let operations = &api.services.operations;
    let retried = operations
        .retry(account.actor(), &Selection::One(id))
        .await?;
    Ok((StatusCode::ACCEPTED, Json(retried)))
}

/// Try many failed jobs again
///
/// The jobs are selected by `group` or by `all=true`; exactly one of them must be given.
#[utoipa::path(post, path = "/admin/failed-jobs/retry", tag = "Operations", operation_id = "retryFailedJobs",
    params(FailedJobSelection), security(("bearer" = []), ("session" = [])),
    responses((status = 202, description = "The selected jobs are in their queues again.", body = RetriedView), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn retry_many(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(query): QueryString<FailedJobSelection>,
    EmptyBody: EmptyBody,
) -> ApiResult<(StatusCode, Json<RetriedView>)> {
    let operations = &api.services.operations;
    let retried = operations
        .retry(account.actor(), &query.selection()?)
        .await?;
    Ok((StatusCode::ACCEPTED, Json(retried)))
}

/// Delete a failed job for good
///
/// The job can't be tried again afterwards.
#[utoipa::path(delete, path = "/admin/failed-jobs/{id}", tag = "Operations", operation_id = "deleteFailedJob",
    params(("id" = Uuid, Path, description = "The id of the failed job.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The failed jobs were deleted."), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn delete(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<Uuid>,
) -> ApiResult<StatusCode> {
    let operations = &api.services.operations;
    operations
        .delete(account.actor(), &Selection::One(id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete many failed jobs for good
///
/// The jobs are selected by `group` or by `all=true`; exactly one of them must be given.
#[utoipa::path(delete, path = "/admin/failed-jobs", tag = "Operations", operation_id = "deleteFailedJobs",
    params(FailedJobSelection), security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The failed jobs were deleted."), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn delete_many(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(query): QueryString<FailedJobSelection>,
) -> ApiResult<StatusCode> {
    let operations = &api.services.operations;
    operations
        .delete(account.actor(), &query.selection()?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
