//! The public standings of a competition.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Meta;

use crate::{
    model::{
        CompetitionView, DivisionId, OwnStandingView, PerformanceStatus, RegistrationId, StageId,
        StageView, StandingChangeView, StandingRowView, StandingView, StandingsPart, StandingsView,
        format_value, forms::Paging,
    },
    ui::{
        components::{EmptyState, Glyph, PageHeader, Pagination, TableBox, When},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The number of participants on a page.
const ROWS: u64 = 100;

/// The page `/competitions/{id}/results`: what is published, with the visitor's own rank.
#[component]
pub fn Standings() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.actor();
    let catalog = &request.services.catalog;
    let one = catalog.competition(request.id()?, actor).await?;
    let results = &request.services.results;
    let stages = results.stages(&one, None).await?;
    let stages: Vec<_> = stages.into_iter().filter(|it| it.version > 0).collect();
    let division: Option<DivisionId> = request.query_as("division");
    let division = division.filter(|id| one.divisions.iter().any(|it| it.id == *id));
    let part = StandingsPart {
        stage: match request.query("stage") {
            Some(id) => Some(id.parse().map_err(|_| PageError::NotFound)?),
            None => None,
        },
        division,
        paging: Paging::new(request.query_as("page"), Some(ROWS), ROWS),
    };
    let shown = results.standings(&one, part).await?;
    request.declare_public_until([&*one], shown.freezes_at());
    let own = match actor {
        Some(actor) => request.services.registrations.live(actor, one.id).await?,
        None => None,
    };
    let own = own.map(|registration| registration.registration_id);
    let own_standings = match own {
        Some(id) => results.own(&one, id).await?,
        None => Vec::new(),
    };
    let t = &text().results;
    let content = match &shown.stage {
        Some(stage) if stage.version > 0 => {
            let last = shown.total.div_ceil(shown.per_page);
            if shown.items.is_empty() && shown.page > 1 && last > 0 {
                let page = last.to_string();
                let address = address(&one, stage.id, division, Some(&page));
                return Err(PageError::SeeOther(address));
            }
            published(&one, stage, &stages, division, &shown, own, &own_standings)
        }
        _ => view! { <EmptyState glyph=Glyph::Clock title=t.title words=t.nothing/> }.into_any(),
    };
    let body = view! {
        <p class="crumb"><a href=paths::competition(one.id)><bdi>{one.title.clone()}</bdi></a></p>
        <PageHeader title=t.title/>
        // It names people.
        <Meta name="robots" content="noindex"/>
        <div id="live-standings">{content}</div>
        // Official standings change as well, when a result is corrected or a stage added.
        <script src=paths::REFRESH_SCRIPT defer=true data-refresh="#live-standings"
            data-events=paths::seat_events(one.id) data-revision=one.results_revision></script>
    };
    Ok(
        PageContent::new(format!("{} · {}", t.title, one.title), body)
            .canonical(paths::standings(one.id)),
    )
}

/// Returns the address of a part of the standings.
fn address(
    one: &CompetitionView,
    stage: StageId,
    division: Option<DivisionId>,
    page: Option<&str>,
) -> String {
    let stage = stage.to_string();
    let division = division.map(|id| id.to_string());
    let mut query = vec![("stage", stage.as_str())];
    query.extend(division.as_deref().map(|id| ("division", id)));
    query.extend(page.map(|page| ("page", page)));
    paths::with_query(&paths::standings(one.id), &query)
}

fn published(
    one: &CompetitionView,
    stage: &StageView,
    stages: &[StageView],
    division: Option<DivisionId>,
    shown: &StandingsView,
    own: Option<RegistrationId>,
    own_standings: &[OwnStandingView],
) -> AnyView {
    let t = &text().results;
    let own_here = own_standings.iter().find(|it| it.stage.id == stage.id);
    let own_here = own_here.map(|own| {
        view! { <p class="own-standing" data-testid="own-standing"><strong>{t.own_title}": "{own_words(own)}</strong></p> }
    });
    let frozen = shown
        .frozen
        .then(|| view! { <p role="status">{t.frozen}</p> });
    let at = stage.published_at.map(|at| {
        let zone = one.time_zone.clone();
        view! { " · "{t.published_at}" "<When time=at zone=zone/> }
    });
    let stage_links = (stages.len() > 1).then(|| {
        let links = stages.iter().map(|other| {
            let current = (other.id == stage.id).then_some("page");
            let href = address(one, other.id, None, None);
            view! { <li><a class="chip" href=href aria-current=current><bdi>{other.name.clone()}</bdi></a></li> }
        });
        let links = links.collect_view();
        view! { <nav aria-label=t.stages><ul class="chips">{links}</ul></nav> }
    });
    let division_links = (!one.divisions.is_empty()).then(|| {
        let all = std::iter::once((None, t.all.to_owned()));
        let each = one
            .divisions
            .iter()
            .map(|it| (Some(it.id), it.name.clone()));
        let links = all.chain(each).map(|(id, name)| {
            let current = (id == division).then_some("page");
            let href = address(one, stage.id, id, None);
            view! { <li><a class="chip" href=href aria-current=current><bdi>{name}</bdi></a></li> }
        });
        let links = links.collect_view();
        view! { <nav aria-label=t.by_division><ul class="chips">{links}</ul></nav> }
    });
    let mut query = vec![("stage", stage.id.to_string())];
    query.extend(division.map(|id| ("division", id.to_string())));
    view! {
        {stage_links}
        <section class="section" aria-labelledby="standings" data-testid="standings" data-version=stage.version.to_string()>
            <h2 id="standings"><bdi>{stage.name.clone()}</bdi></h2>
            <p class="muted">{t.state_name(stage.state)}" · "{t.version(&number(stage.version.into()))}{at}</p>
            {frozen}
            {own_here}
            {division_links}
            {table(stage, &shown.items, !one.divisions.is_empty(), own)}
            <Pagination page=shown.page pages=shown.total.div_ceil(shown.per_page) path=paths::standings(one.id) query=query/>
        </section>
        {changes(stage, shown)}
    }
    .into_any()
}

/// Says where an account is: its rank and its result.
pub(super) fn own_words(own: &OwnStandingView) -> String {
    let t = &text().results;
    let result = result_words(&own.stage, own.standing.status, own.standing.value);
    match own.standing.rank {
        Some(rank) => {
            let rank = t.own_rank(&number(rank.into()), &number(own.participants));
            format!("{rank} · {result}")
        }
        None => result,
    }
}

/// Returns a result as it is read, or why there is none.
fn result_words(stage: &StageView, status: PerformanceStatus, value: Option<i64>) -> String {
    match (status, value) {
        (PerformanceStatus::Ok, Some(value)) => {
            let value = format_value(stage.metric, stage.decimals, value);
            match stage.unit.is_empty() {
                true => value,
                false => format!("{value} {}", stage.unit),
            }
        }
        (status, _) => text().results.status_name(status).to_owned(),
    }
}

fn table(
    stage: &StageView,
    rows: &[StandingRowView],
    has_divisions: bool,
    own: Option<RegistrationId>,
) -> AnyView {
    let t = &text().results;
    let has_numbers = rows.iter().any(|row| row.start_number.is_some());
    let division = text().divisions.division;
    let column = text().start_numbers.column;
    let heads = view! {
        {has_numbers.then(|| view! { <th scope="col">{column}</th> })}
        <th scope="col">{text().check_in.name}</th>
        {has_divisions.then(|| view! { <th scope="col">{division}</th><th scope="col">{t.division_rank}</th> })}
        <th scope="col">{t.result}</th>
    };
    let cells = rows.iter().map(|row| {
        let name = text().account.account_name(&row.user_name).to_owned();
        let rank = |rank: Option<u32>| rank.map_or_else(|| "–".to_owned(), |it| number(it.into()));
        let start_number = has_numbers.then(|| {
            let number = row.start_number.map(|number| number.to_string());
            view! { <td data-label=column>{number}</td> }
        });
        let of_division = has_divisions.then(|| {
            view! {
                <td data-label=division><bdi>{row.division.clone()}</bdi></td>
                <td data-label=t.division_rank>{rank(row.division_rank)}</td>
            }
        });
        let is_own = own == Some(row.registration_id);
        view! {
            <tr data-own=is_own.then_some("") aria-current=is_own.then_some("true")>
                <td data-label=t.rank>{rank(row.rank)}</td>
                {start_number}
                <th scope="row"><bdi>{name}</bdi></th>
                {of_division}
                <td data-label=t.result>{result_words(stage, row.status, row.value)}</td>
            </tr>
        }
    });
    let cells = cells.collect_view();
    view! {
        <TableBox label=t.title>
            <table class="table standings">
                <caption class="sr-only">{t.title}</caption>
                <thead><tr><th scope="col">{t.rank}</th>{heads}</tr></thead>
                <tbody>{cells}</tbody>
            </table>
        </TableBox>
    }
    .into_any()
}

/// Says what differs from the version before.
fn changes(stage: &StageView, shown: &StandingsView) -> Option<AnyView> {
    let t = &text().results;
    let words = |standing: &Option<StandingView>| match standing {
        Some(it) => {
            let result = result_words(stage, it.status, it.value);
            match it.rank {
                Some(rank) => format!("{}. {result}", number(rank.into())),
                None => result,
            }
        }
        None => t.absent.to_owned(),
    };
    let row = |change: &StandingChangeView| {
        let name = text().account.account_name(&change.user_name).to_owned();
        view! {
            <tr>
                <th scope="row"><bdi>{name}</bdi></th>
                <td data-label=t.before>{words(&change.before)}</td>
                <td data-label=t.after>{words(&change.after)}</td>
            </tr>
        }
    };
    let rows = shown.changes.iter().map(row).collect_view();
    (!shown.changes.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="changes" data-testid="changes">
                <h2 id="changes">{t.changes_title}</h2>
                <p class="muted">{t.changes_lead(&number(shown.changed))}</p>
                <TableBox label=t.changes_title>
                    <table class="table">
                        <caption class="sr-only">{t.changes_title}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{text().check_in.name}</th>
                                <th scope="col">{t.before}</th>
                                <th scope="col">{t.after}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </TableBox>
            </section>
        }
        .into_any()
    })
}
