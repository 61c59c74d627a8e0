//! The numbers of a competition over time, for its organizer.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{PathId, QueryReader, QueryString},
    problem_responses::{Forbidden, Invalid, NotFound, Unauthenticated},
    state::ApiState,
};
use crate::model::{CompetitionId, Interval, StatisticsView};

/// The query of statistics.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct StatisticsQuery {
    /// The length of the buckets; without it, an hour.
    #[param(value_type = Option<Interval>)]
    interval: Option<String>,
}

/// Show statistics of a competition
///
/// Returns how many registrations the competition got and lost in each minute, hour or day in which anything changed,
/// and how many seats were taken at its end. Hours and days are those of the competition's time zone, also when its
/// clocks are set forward or back.
#[utoipa::path(get, path = "/competitions/{id}/stats", tag = "Competitions", operation_id = "getStatistics",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), StatisticsQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The numbers of the competition.", body = StatisticsView),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn show(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<CompetitionId>,
    QueryString(query): QueryString<StatisticsQuery>,
) -> ApiResult<Json<StatisticsView>> {
    let mut reader = QueryReader::default();
    let interval = reader.name("interval", &query.interval);
    reader.finish()?;
    let interval = interval.unwrap_or(Interval::Hour);
    let competitions = &api.services.competitions;
    let statistics = competitions.statistics(account.actor(), id, interval);
    Ok(Json(statistics.await?))
}
