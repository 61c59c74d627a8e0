//! Competitions: finding, creating, changing and deleting them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::{
    IntoParams,
    openapi::{
        KnownFormat, Schema, SchemaFormat,
        schema::{AnyOfBuilder, ObjectBuilder, Type},
    },
};

use super::{
    caller::{Caller, CallerAccount},
    error::ApiResult,
    extract::{EmptyBody, JsonBody, PathId, QueryReader, QueryString, location},
    preconditions::{NamedVersions, etag, is_unchanged},
    problem_responses::{CapacityTooSmall, Changed, Forbidden, Invalid, NotFound, Unauthenticated},
    state::{ApiState, BASE},
};
use crate::{
    domain::{
        Actor, Error,
        catalog::{PublicLifetime, phases_until},
        competitions::Edit,
    },
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, DomainError, Page, Phase,
        SuggestionsView,
        forms::{CompetitionFilter, CompetitionInput, CompetitionPatch, RequestProblem, Sort},
    },
};

/// The query of the list of competitions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct CompetitionsQuery {
    /// Lists only competitions with these words in title, description, location or tags.
    search: Option<String>,
    /// Lists only competitions with this status.
    #[param(value_type = Option<CompetitionStatus>)]
    status: Option<String>,
    /// Lists only competitions that are in this phase at the moment.
    #[param(value_type = Option<Phase>)]
    phase: Option<String>,
    /// Lists only competitions with exactly this tag, in capitals or not.
    tag: Option<String>,
    /// Lists only competitions that start on this day (in UTC) or later, or at this time or later.
    #[param(schema_with = day_or_time)]
    from: Option<String>,
    /// Lists only competitions that start on this day (in UTC) or earlier, or before this time.
    #[param(schema_with = day_or_time)]
    to: Option<String>,
    /// Lists only competitions with these words in the location.
    place: Option<String>,
    /// Lists only competitions that are open for registration and have a free seat, if it is `true`.
    #[param(value_type = Option<bool>)]
    seats_left: Option<String>,
    /// Lists only competitions in which a seat or a position in the waitlist can be taken, if it is `true`.
    #[param(value_type = Option<bool>)]
    open: Option<String>,
    /// Lists only the caller's own competitions and those on which the caller works, drafts included, if it is `true`.
    #[param(value_type = Option<bool>)]
    mine: Option<String>,
    /// The order of the list.
    #[param(value_type = Option<Sort>)]
    sort: Option<String>,
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// Returns the schema of an end of a range of starts.
fn day_or_time() -> Schema {
    let text = |format| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(format)))
    };
    AnyOfBuilder::new()
        .item(text(KnownFormat::Date))
        .item(text(KnownFormat::DateTime))
        .into()
}

impl CompetitionsQuery {
    /// Returns the value of a parameter of the filter.
    fn value(&self, name: &str) -> Option<String> {
        let value = match name {
            "search" => &self.search,
            "status" => &self.status,
            "phase" => &self.phase,
            "tag" => &self.tag,
            "from" => &self.from,
            "to" => &self.to,
            "place" => &self.place,
            "seatsLeft" => &self.seats_left,
            "open" => &self.open,
            "sort" => &self.sort,
            _ => &None,
        };
        value.clone()
    }
}

/// Find competitions
///
/// Drafts are not listed, except with `mine=true`, which lists the competitions that the caller owns or works on, and requires
/// an account.
///
/// `total` counts at most 2,500 competitions (1,000 with two words or more, of `tag` and `place`), and pages reach no
/// further: use `from` and `to` to find the others. In the order of starts and of deadlines, what is ahead comes first, and then what is past, the
/// latest first. Among more than 1,000 competitions, the order by free seats is that of powers of two.
///
/// A search ignores case and accents. All words must be found, and each may be the beginning of a longer one.
/// What is in the title comes before what is in the tags, in the location and in the description. If that
/// finds nearly nothing, words with one or two typing errors are found, too. A search finds 1,000
/// competitions at most: `total` is 1,000 then. The first 200 characters and eight words are used; without
/// a letter or digit among them, nothing is found.
#[utoipa::path(get, path = "/competitions", tag = "Competitions", operation_id = "listCompetitions",
    params(CompetitionsQuery), security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "One page of the list.", body = Page<CompetitionView>),
        (status = 304, description = "The list has not changed since the response with the entity tag in `If-None-Match`. Only public lists have entity tags."),
        Unauthenticated, Invalid))]
pub(super) async fn list(
    State(api): State<ApiState>,
    QueryString(query): QueryString<CompetitionsQuery>,
    mut parts: Parts,
) -> ApiResult<Response> {
    let (filter, errors) = CompetitionFilter::read(|name| query.value(name));
    let mut reader = QueryReader::with(errors);
    let paging = reader.paging(&query.page, &query.per_page);
    let mine = reader.flag("mine", &query.mine);
    reader.finish()?;
    let competitions = &api.services.competitions;
    if mine {
        // Extracted here, so that the public list needs no look-up of the account.
        let account =
            <CallerAccount as FromRequestParts<ApiState>>::from_request_parts(&mut parts, &api)
                .await?;
        let page = competitions.mine(account.actor(), &filter, paging).await?;
        return Ok(Json(page).into_response());
    }
    let now = api.clock.now();
    let page = api.services.catalog.browse(&filter, paging).await?;
    if let Some(lifetime) = parts.extensions.get::<PublicLifetime>() {
        // The filter `open` depends on the time.
        lifetime.set(phases_until(&page.items, now));
    }
    Ok(Json(&*page).into_response())
}

/// The query of suggestions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct SuggestionsQuery {
    /// What was typed so far. Its first 200 characters and eight words are used.
    q: String,
}

/// Suggest titles
///
/// Returns up to eight titles of public competitions that contain every word of `q`, or longer words that
/// begin with it, those that start next first. A word with one or two typing errors is found, too, if
/// nothing else is.
#[utoipa::path(get, path = "/competitions/suggest", tag = "Competitions", operation_id = "suggestCompetitions",
    params(SuggestionsQuery), security(()),
    responses((status = 200, description = "The titles, and for each the competition that has it.", body = SuggestionsView), Invalid))]
pub(super) async fn suggest(
    State(api): State<ApiState>,
    QueryString(query): QueryString<SuggestionsQuery>,
) -> ApiResult<Response> {
    let items = api.services.catalog.suggestions(&query.q).await?;
    // Only for a moment: the same person types the same again, and edits should be seen.
    let cached = [(header::CACHE_CONTROL, "public, max-age=2")];
    Ok((
        cached,
        Json(SuggestionsView {
            items: items.to_vec(),
        }),
    )
        .into_response())
}

/// Create a competition
///
/// The competition is a draft unless `status` says otherwise, and the caller is its organizer.
#[utoipa::path(post, path = "/competitions", tag = "Competitions", operation_id = "createCompetition",
    request_body = CompetitionInput, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The competition that was created.", body = CompetitionView,
            headers(("Location" = String, description = "The path of the new competition."), ("ETag" = String, description = "The version of the competition, as an entity tag."))),
        Unauthenticated, Forbidden, Invalid))]
pub(super) async fn create(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(input): JsonBody<CompetitionInput>,
) -> ApiResult<Response> {
    let actor = account.actor();
    let competition = api.services.competitions.create(actor, input).await?;
    Ok(created(competition))
}

/// Duplicate a competition
///
/// The copy is a draft with the same content. The copy of an owner or an administrator is their own; that of an editor has
/// the same owner as the original, and the editor is an editor of it, too. If registration for the original is
/// closed, all times of the copy are the same number of weeks later, on the same days of the week.
#[utoipa::path(post, path = "/competitions/{id}/duplicate", tag = "Competitions", operation_id = "duplicateCompetition",
    params(("id" = CompetitionId, Path, description = "The id of the competition.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The competition that was created.", body = CompetitionView,
            headers(("Location" = String, description = "The path of the new competition."), ("ETag" = String, description = "The version of the competition, as an entity tag."))),
        Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn duplicate(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<CompetitionId>,
    EmptyBody: EmptyBody,
) -> ApiResult<Response> {
    let competitions = &api.services.competitions;
    Ok(created(competitions.duplicate(account.actor(), id).await?))
}

/// Returns the response with a new competition.
fn created(competition: CompetitionView) -> Response {
    let path = format!("{BASE}/competitions/{}", competition.id);
    let headers = [
        (header::LOCATION, location(&path)),
        (header::ETAG, etag(&competition)),
    ];
    (StatusCode::CREATED, headers, Json(competition)).into_response()
}

/// Returns a competition that the caller may see.
pub(super) async fn visible(
    api: &ApiState,
    id: CompetitionId,
    has_caller: bool,
    parts: &mut Parts,
) -> ApiResult<Arc<CompetitionView>> {
    match api.services.catalog.competition(id, None).await {
        // Only drafts need a look-up of the account.
        Err(Error::Domain(DomainError::NotFound)) if has_caller => {
            let account =
                <CallerAccount as FromRequestParts<ApiState>>::from_request_parts(parts, api)
                    .await?;
            let viewer = Some(account.actor());
            Ok(api.services.catalog.competition(id, viewer).await?)
        }
        found => Ok(found?),
    }
}

/// Show a competition
///
/// Drafts are shown only to those who work on them. With `If-None-Match`, an unchanged competition is not sent
/// again.
#[utoipa::path(get, path = "/competitions/{id}", tag = "Competitions", operation_id = "getCompetition",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag of the version that the client already has.")),
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The competition as it is now.", body = CompetitionView,
            headers(("ETag" = String, description = "The version of the competition, as an entity tag. The phase is a part of it where nobody can register: it begins without a new version."))),
        (status = 304, description = "Nothing but the server time has changed since the response with that entity tag."),
        NotFound))]
pub(super) async fn show(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    caller: Option<Caller>,
    mut parts: Parts,
) -> ApiResult<Response> {
    let competition = visible(&api, id, caller.is_some(), &mut parts).await?;
    let now = api.clock.now();
    let competition = CompetitionView::clone(&competition).at(now);
    if let Some(lifetime) = parts.extensions.get::<PublicLifetime>() {
        lifetime.set(competition.next_phase_change(now));
    }
    let tag = [(header::ETAG, etag(&competition))];
    if is_unchanged(&parts.headers, &competition) {
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok((tag, Json(competition)).into_response())
}

/// The query of a change of a competition.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangeQuery {
    /// Whether those who are registered get no message if the change moves the competition to another time or
    /// place. The next message of this kind still names what they were told before.
    #[param(value_type = Option<bool>)]
    silent: Option<String>,
}

/// Change a competition
///
/// Absent fields keep their values; `endsAt: null`, `opensAt: null` and `publishAt: null` clear these times. With `If-Match`, the change is made
/// only if no organizer changed the competition since that version; registrations and cancellations in
/// between do not matter. If the capacity grows, the first of the waitlist get the new seats.
#[utoipa::path(patch, path = "/competitions/{id}", tag = "Competitions", operation_id = "changeCompetition",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ChangeQuery,
        ("If-Match" = Option<String>, Header, description = "The entity tag of the version on which the change is based.")),
    request_body = CompetitionPatch, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The competition as it is now.", body = CompetitionView,
            headers(("ETag" = String, description = "The version of the competition, as an entity tag."))),
        Unauthenticated, Forbidden, NotFound, CapacityTooSmall, Changed, Invalid))]
pub(super) async fn change(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    QueryString(query): QueryString<ChangeQuery>,
    account: CallerAccount,
    headers: HeaderMap,
    JsonBody(patch): JsonBody<CompetitionPatch>,
) -> ApiResult<Response> {
    let actor = account.actor();
    let mut reader = QueryReader::default();
    let problem = RequestProblem::NotABoolean;
    let silent = reader.parsed("silent", &query.silent, problem, |text| text.parse().ok());
    reader.finish()?;
    let expected = expected_version(&api, actor, id, &headers).await?;
    let edit = Edit::of(patch)
        .based_on(expected)
        .notifying(silent != Some(true));
    let competitions = &api.services.competitions;
    let changed = competitions.make_edit(actor, id, edit).await?;
    Ok(([(header::ETAG, etag(&changed))], Json(changed)).into_response())
}

/// Returns the version on which a change is based, from `If-Match`; `None` if any version will do.
async fn expected_version(
    api: &ApiState,
    actor: Actor,
    id: CompetitionId,
    headers: &HeaderMap,
) -> ApiResult<Option<i64>> {
    let condition = NamedVersions::if_match(headers);
    let NamedVersions::These(_) = condition else {
        return Ok(None);
    };
    let now = api.services.competitions.get_owned(actor, id).await?;
    match condition.newest_of(now.edited_at_version..=now.version) {
        Some(version) => Ok(Some(version)),
        None => Err(DomainError::PreconditionFailed.into()),
    }
}

/// Delete a competition
///
/// The competition is deleted with its registrations. If it has not ended, its participants and the
/// waitlist get a message. To cancel a competition and keep it, change its status to `CANCELLED`.
#[utoipa::path(delete, path = "/competitions/{id}", tag = "Competitions", operation_id = "deleteCompetition",
    params(("id" = CompetitionId, Path, description = "The id of the competition."),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the version that may be deleted.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The competition was deleted."), Unauthenticated, Forbidden, NotFound, Changed))]
pub(super) async fn delete(
    State(api): State<ApiState>,
    PathId(id): PathId<CompetitionId>,
    account: CallerAccount,
    headers: HeaderMap,
) -> ApiResult<StatusCode> {
    let actor = account.actor();
    let expected = expected_version(&api, actor, id, &headers).await?;
    let competitions = &api.services.competitions;
    competitions.delete(actor, id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
