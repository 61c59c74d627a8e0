//! The audit log, for administrators and for the organizers of a competition.

use axum::{Json, extract::State};
use chrono::DateTime;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{PathId, QueryReader, QueryString},
    problem_responses::{Forbidden, Invalid, NotFound, Unauthenticated},
    state::ApiState,
};
use crate::model::{
    AuditAction, AuditEventView, CompetitionId, Page, UserId,
    forms::{AuditFilter, Paging, RequestProblem},
    timestamp::storable,
};

/// The query of a list of audit events.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditEventsQuery {
    /// Lists only events of this actor, by the account's id.
    #[param(value_type = Option<UserId>)]
    actor: Option<String>,
    /// Lists only events of this action.
    #[param(value_type = Option<AuditAction>)]
    action: Option<String>,
    /// Lists only events at or after this time.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<String>,
    /// Lists only events before this time.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<String>,
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

impl AuditEventsQuery {
    fn read(&self) -> ApiResult<(AuditFilter, Paging)> {
        let mut reader = QueryReader::default();
        let mut moment = |field: &str, text: &Option<String>| {
            let query = RequestProblem::NotATime("2030-01-31T09:00:00Z".to_owned());
            let parse = |text: &str| DateTime::parse_from_rfc3339(text).ok();
            let moment = reader.parsed(field, text, query, parse);
            moment.map(|moment| storable(moment.to_utc()))
        };
        let (from, to) = (moment("from", &self.from), moment("to", &self.to));
        let filter = AuditFilter {
            actor: reader.parsed("actor", &self.actor, RequestProblem::NotAnAccount, |text| {
                text.parse().ok()
            }),
            action: reader.name("action", &self.action),
            from,
            to,
        };
        let paging = reader.paging(&self.page, &self.per_page);
        reader.finish()?;
        Ok((filter, paging))
    }
}

/// List audit events
///
/// The newest event comes first. `total` counts at most 10,000 events, and pages reach no further: use
/// `from` and `to` to find older ones.
#[utoipa::path(get, path = "/admin/audit", tag = "Operations", operation_id = "listAuditEvents",
    params(AuditEventsQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page of the list.", body = Page<AuditEventView>), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn all(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(query): QueryString<AuditEventsQuery>,
) -> ApiResult<Json<Page<AuditEventView>>> {
    let (filter, paging) = query.read()?;
    let audit = &api.services.audit;
    Ok(Json(audit.all(account.actor(), filter, paging).await?))
}

/// List audit events of a competition
///
/// For the competition's owner; the newest event comes first. `total` counts at most 10,000 events,
/// and pages reach no further: use `from` and `to` to find older ones.
#[utoipa::path(get, path = "/competitions/{id}/audit", tag = "Competitions", operation_id = "listCompetitionAuditEvents",
    params(("id" = CompetitionId, Path, description = "The id of the competition."), AuditEventsQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page of the list.", body = Page<AuditEventView>), Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn of_competition(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<CompetitionId>,
    QueryString(query): QueryString<AuditEventsQuery>,
) -> ApiResult<Json<Page<AuditEventView>>> {
    let (filter, paging) = query.read()?;
    let page = api
        .services
        .audit
        .of_competition(account.actor(), id, filter, paging);
    Ok(Json(page.await?))
}
