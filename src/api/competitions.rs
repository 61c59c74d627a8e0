//! Competitions: finding, making, changing, deleting.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};

use super::{
    Account, Api, ApiResult, BASE,
    conditional::{Versions, etag},
    extract::{Asked, Body, Id, Read},
    problems::{CapacityTooSmall, Changed, Forbidden, Invalid, NotFound, Unauthenticated},
};
use crate::{
    domain,
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, Page, Refusal,
        forms::{CompetitionFilter, CompetitionInput, Sort},
    },
};

/// How often a change without `If-Match` is based on the newest version before it simply wins.
const REBASES: usize = 4;

/// Which competitions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Words in title, description, place or tags.
    search: Option<String>,
    /// As the organizer decided.
    #[param(value_type = Option<CompetitionStatus>)]
    status: Option<String>,
    /// Exactly this tag.
    tag: Option<String>,
    /// Only those one can take a seat in right now.
    #[param(value_type = Option<bool>)]
    open: Option<String>,
    /// In which order.
    #[param(value_type = Option<Sort>)]
    sort: Option<String>,
    /// Which page, from 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// Rows a page, 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// What to change; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CompetitionPatch {
    /// One line, 3 to 120 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    title: Option<String>,
    /// Markdown, at most 20,000 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    description: Option<String>,
    /// Seats, 1 to 1,000,000; not below those taken.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    capacity: Option<i64>,
    /// Registration closes then.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    reg_deadline: Option<DateTime<Utc>>,
    /// It begins then.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    starts_at: Option<DateTime<Utc>>,
    /// It ends then; `null` means that this is not known.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    ends_at: Option<Option<DateTime<Utc>>>,
    /// Where, at most 200 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    location: Option<String>,
    /// At most 10 words or short phrases.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    tags: Option<Vec<String>>,
    /// Whether people may queue when it is full.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    waitlist_enabled: Option<bool>,
    /// What the organizer decides.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    status: Option<CompetitionStatus>,
}

/// A field that stands there must hold a value; `null` is one only where the type has it.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl CompetitionPatch {
    /// The whole competition after the change.
    fn over(&self, now: CompetitionView) -> CompetitionInput {
        let patch = self;
        CompetitionInput {
            title: patch.title.clone().unwrap_or(now.title),
            description: patch.description.clone().unwrap_or(now.description),
            capacity: patch.capacity.unwrap_or(now.capacity.into()),
            reg_deadline: patch.reg_deadline.unwrap_or(now.reg_deadline),
            starts_at: patch.starts_at.unwrap_or(now.starts_at),
            ends_at: patch.ends_at.unwrap_or(now.ends_at),
            location: patch.location.clone().unwrap_or(now.location),
            tags: patch.tags.clone().unwrap_or(now.tags),
            waitlist_enabled: patch.waitlist_enabled.unwrap_or(now.waitlist_enabled),
            status: patch.status.unwrap_or(now.status),
        }
    }
}

/// Find competitions
///
/// Drafts are never among them.
#[utoipa::path(get, path = "/competitions", tag = "Competitions", operation_id = "listCompetitions",
    params(Wanted),
    responses((status = 200, description = "One page", body = Page<CompetitionView>), Invalid))]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(wanted): Asked<Wanted>,
) -> ApiResult<Json<Page<CompetitionView>>> {
    let mut read = Read::default();
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let filter = CompetitionFilter {
        status: read.name("status", &wanted.status),
        open: read.flag("open", &wanted.open),
        sort: read.name("sort", &wanted.sort).unwrap_or_default(),
        search: filled(wanted.search),
        tag: filled(wanted.tag),
    };
    let paging = read.paging(&wanted.page, &wanted.per_page);
    read.done()?;
    let competitions = &api.services.competitions;
    Ok(Json(competitions.browse(&filter, paging).await?))
}

/// Make a competition
#[utoipa::path(post, path = "/competitions", tag = "Competitions", operation_id = "createCompetition",
    request_body = CompetitionInput, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The competition", body = CompetitionView,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        Unauthenticated, Forbidden, Invalid))]
pub(super) async fn create(
    State(api): State<Api>,
    account: Account,
    Body(input): Body<CompetitionInput>,
) -> ApiResult<Response> {
    let actor = account.actor();
    actor.must_be(crate::model::Role::Organizer)?;
    let input = input.check()?;
    let competition = api.services.competitions.create(actor, input).await?;
    let headers = [
        (
            header::LOCATION,
            super::extract::location(&format!("{BASE}/competitions/{}", competition.id)),
        ),
        (header::ETAG, etag(competition.version)),
    ];
    Ok((StatusCode::CREATED, headers, Json(competition)).into_response())
}

/// Show a competition
///
/// Drafts are shown to their organizer only. `If-None-Match` saves sending what has not changed.
#[utoipa::path(get, path = "/competitions/{id}", tag = "Competitions", operation_id = "getCompetition",
    params(("id" = CompetitionId, Path, description = "Which"),
        ("If-None-Match" = Option<String>, Header, description = "The version one has")),
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The competition", body = CompetitionView,
            headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "Not changed since that version"),
        NotFound))]
pub(super) async fn show(
    State(api): State<Api>,
    Id(id): Id<CompetitionId>,
    account: Option<Account>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let viewer = account.as_ref().map(Account::actor);
    let competition = api.services.competitions.get(id, viewer).await?;
    let tag = [(header::ETAG, etag(competition.version))];
    if Versions::if_none_match(&headers).contain(competition.version) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok((tag, Json(competition)).into_response())
}

/// Change a competition
///
/// What is absent stays; `endsAt: null` clears it. With `If-Match`, only if nobody changed it in
/// between (seats taken count as a change too). A seat more may seat the head of the waitlist.
#[utoipa::path(patch, path = "/competitions/{id}", tag = "Competitions", operation_id = "changeCompetition",
    params(("id" = CompetitionId, Path, description = "Which"),
        ("If-Match" = Option<String>, Header, description = "The version the change is based on")),
    request_body = CompetitionPatch, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The competition as it is now", body = CompetitionView,
            headers(("ETag" = String, description = "Its version"))),
        Unauthenticated, Forbidden, NotFound, CapacityTooSmall, Changed, Invalid))]
pub(super) async fn change(
    State(api): State<Api>,
    Id(id): Id<CompetitionId>,
    account: Account,
    headers: HeaderMap,
    Body(patch): Body<CompetitionPatch>,
) -> ApiResult<Response> {
    let actor = account.actor();
    let competitions = &api.services.competitions;
    let condition = Versions::if_match(&headers);
    let mut rebases = REBASES;
    let changed = loop {
        let now = competitions.get_owned(actor, id).await?;
        let version = now.version;
        if condition.contain(version) == Some(false) {
            return Err(Refusal::PreconditionFailed.into());
        }
        let input = patch.over(now).check()?;
        // What is absent must stay as it is *then*: so the change holds for this version only and,
        // if nothing was said about versions, is based on the next one if it comes too late.
        let expected = (rebases > 0).then_some(version);
        match competitions.edit(actor, id, input, expected).await {
            Err(domain::Error::Refusal(Refusal::PreconditionFailed))
                if rebases > 0 && !matches!(condition, Versions::These(_)) =>
            {
                rebases -= 1;
            }
            result => break result?,
        }
    };
    Ok(([(header::ETAG, etag(changed.version))], Json(changed)).into_response())
}

/// Delete a competition
///
/// With its registrations. To call it off and tell everyone, change its status to `CANCELLED`.
#[utoipa::path(delete, path = "/competitions/{id}", tag = "Competitions", operation_id = "deleteCompetition",
    params(("id" = CompetitionId, Path, description = "Which"),
        ("If-Match" = Option<String>, Header, description = "The version one has seen")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "Gone"), Unauthenticated, Forbidden, NotFound, Changed))]
pub(super) async fn delete(
    State(api): State<Api>,
    Id(id): Id<CompetitionId>,
    account: Account,
    headers: HeaderMap,
) -> ApiResult<StatusCode> {
    let actor = account.actor();
    let competitions = &api.services.competitions;
    let condition = Versions::if_match(&headers);
    let expected = match condition {
        Versions::Unsaid | Versions::Any => None,
        Versions::These(_) => {
            let version = competitions.get_owned(actor, id).await?.version;
            if condition.contain(version) == Some(false) {
                return Err(Refusal::PreconditionFailed.into());
            }
            Some(version)
        }
    };
    competitions.delete(actor, id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(json: &str) -> Result<CompetitionPatch, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn null_clears_the_end_and_absence_keeps_it() {
        assert_eq!(patch("{\"endsAt\":null}").unwrap().ends_at, Some(None));
        assert_eq!(patch("{}").unwrap().ends_at, None);
    }

    #[test]
    fn null_is_no_value_for_anything_else() {
        for field in ["title", "capacity", "tags", "status", "startsAt"] {
            assert!(patch(&format!("{{\"{field}\":null}}")).is_err(), "{field}");
        }
        assert!(patch("{\"seatsLeft\":1}").is_err());
    }
}
