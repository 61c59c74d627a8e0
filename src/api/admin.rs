//! For those who run the installation: queues, and jobs that were given up.

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
    model::{FailedGroupView, FailedJobView, Page, QueueView, RetriedView, forms::FieldErrors},
};

/// Which failed jobs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct FailedJobsQuery {
    /// Of this group only.
    group: Option<String>,
    /// Which page, from 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// Rows a page, 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// Which failed jobs: a group, or all, but never all by mistake.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct FailedJobSelection {
    /// Those of this group.
    group: Option<String>,
    /// `true`: all of them.
    #[param(value_type = Option<bool>)]
    all: Option<String>,
}

impl FailedJobSelection {
    fn which(self) -> ApiResult<Selection> {
        let mut reader = QueryReader::default();
        let all = reader.flag("all", &self.all);
        reader.finish()?;
        match (search_text(&self.group), all) {
            (Some(group), false) => Ok(Selection::Group(group)),
            (None, true) => Ok(Selection::All),
            _ => Err(FieldErrors::one("group", "Name a group, or say all=true.").into()),
        }
    }
}

/// Show the queues
#[utoipa::path(get, path = "/admin/queues", tag = "Operations", operation_id = "listQueues",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "Every queue", body = Vec<QueueView>), Unauthenticated, Forbidden))]
pub(super) async fn queues(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<Vec<QueueView>>> {
    Ok(Json(api.services.operations.queues(account.actor()).await?))
}

/// List failed jobs
///
/// Newest first.
#[utoipa::path(get, path = "/admin/failed-jobs", tag = "Operations", operation_id = "listFailedJobs",
    params(FailedJobsQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<FailedJobView>), Unauthenticated, Forbidden, Invalid))]
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
/// The most frequent first.
#[utoipa::path(get, path = "/admin/failed-jobs/groups", tag = "Operations", operation_id = "listFailedGroups",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "Every group", body = Vec<FailedGroupView>), Unauthenticated, Forbidden))]
pub(super) async fn groups(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<Vec<FailedGroupView>>> {
    let groups = api.services.operations.failed_groups(account.actor());
    Ok(Json(groups.await?))
}

/// Try a failed job again
///
/// It keeps its history.
#[utoipa::path(post, path = "/admin/failed-jobs/{id}/retry", tag = "Operations", operation_id = "retryFailedJob",
    params(("id" = Uuid, Path, description = "Which")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 202, description = "A job once more", body = RetriedView), Unauthenticated, Forbidden, NotFound, Invalid))]
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
#[utoipa::path(post, path = "/admin/failed-jobs/retry", tag = "Operations", operation_id = "retryFailedJobs",
    params(FailedJobSelection), security(("bearer" = []), ("session" = [])),
    responses((status = 202, description = "Jobs once more", body = RetriedView), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn retry_many(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(many): QueryString<FailedJobSelection>,
    EmptyBody: EmptyBody,
) -> ApiResult<(StatusCode, Json<RetriedView>)> {
    let operations = &api.services.operations;
    let retried = operations.retry(account.actor(), &many.which()?).await?;
    Ok((StatusCode::ACCEPTED, Json(retried)))
}

/// Delete a failed job for good
#[utoipa::path(delete, path = "/admin/failed-jobs/{id}", tag = "Operations", operation_id = "deleteFailedJob",
    params(("id" = Uuid, Path, description = "Which")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "Gone"), Unauthenticated, Forbidden, NotFound))]
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
#[utoipa::path(delete, path = "/admin/failed-jobs", tag = "Operations", operation_id = "deleteFailedJobs",
    params(FailedJobSelection), security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "Gone"), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn delete_many(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(many): QueryString<FailedJobSelection>,
) -> ApiResult<StatusCode> {
    let operations = &api.services.operations;
    operations.delete(account.actor(), &many.which()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
