//! The list of competitions. Its whole state is in the address.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use leptos::prelude::*;

use super::list_filter::{count, sort_of, sorts, state_of, states};
use crate::{
    model::{
        CompetitionStatus, CompetitionView, Page as List, Phase,
        forms::{CompetitionFilter, PLACE_LENGTH, Paging},
    },
    text::{DateStyle, date_time},
    ui::{
        components::{
            CompetitionCard, EmptyState, Glyph, PageHeader, Pagination, SearchField, Select,
        },
        fragments::Fragment,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{language, number, text},
    },
};

/// The page `/competitions`: lists, searches and filters competitions.
#[component]
pub fn Browse() -> impl IntoView {
    page(load)
}

/// The number of competitions on a page, unless the address has another.
const PER_PAGE: u64 = 12;
/// The number of cards whose covers are loaded at once, which is about what a screen shows.
const AT_ONCE: usize = 3;
/// The place of competitions that take place nowhere.
const ONLINE: &str = "online";
/// The number of topics that are offered as filters.
const TAGS: usize = 12;
/// The number of days that the filter for the near future spans.
const NEAR_FUTURE: Days = Days::new(30);

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let filter = CompetitionFilter::read_address(|name| request.query(name));
    let paging = Paging::new(
        request.query_as("page"),
        request.query_as("perPage"),
        PER_PAGE,
    );
    let asked = without_cancelled(&filter);
    let found = request.services.catalog.browse(&asked, paging).await?;
    request.within(&found)?;
    let tags = request.services.catalog.tags(TAGS).await?;
    request.declare_public(&found.items);
    let shown: Vec<_> = found.items.iter().collect();
    let render = || list(&filter, &found, &tags, request.now);
    let body = request
        .fragment(Fragment::List(filter.clone(), paging), &shown, render)
        .await;
    let mut address = query_of(&filter, &found);
    if found.page > 1 {
        address.push(("page", found.page.to_string()));
    }
    let pairs: Vec<_> = address.iter().map(|(n, v)| (*n, v.as_str())).collect();
    Ok(PageContent::new(text().browse.title, body)
        .described(text().browse.described.to_owned())
        .canonical(paths::with_query(paths::COMPETITIONS, &pairs)))
}

/// Returns the filter without cancelled competitions, unless it asks for a status: strangers look for what they
/// can take part in.
fn without_cancelled(filter: &CompetitionFilter) -> CompetitionFilter {
    let mut filter = filter.clone();
    if filter.status.is_none() && filter.phase.is_none() && !filter.open && !filter.seats_left {
        filter.status = Some(CompetitionStatus::Published);
    }
    filter
}

/// Returns the parameters that all pages of the list have in their addresses.
fn query_of(
    filter: &CompetitionFilter,
    found: &List<CompetitionView>,
) -> Vec<(&'static str, String)> {
    let mut query = filter.query();
    if found.per_page != PER_PAGE {
        query.push(("perPage", found.per_page.to_string()));
    }
    query
}

fn list(
    filter: &CompetitionFilter,
    found: &List<CompetitionView>,
    tags: &[(String, u64)],
    now: DateTime<Utc>,
) -> AnyView {
    let t = &text().browse;
    let counted = count(filter, found.total);
    // The placeholder of an empty list says it to those who see it.
    let counted = match found.total {
        0 => view! { <span class="sr-only">{counted}</span> }.into_any(),
        _ => counted.into_any(),
    };
    view! {
        <PageHeader title=t.title/>
        {form(filter)}
        <ul id="filter-chips" class="chips filter-chips" aria-label=t.filters>
            {chips(filter)}{suggested_chips(filter, tags, now.date_naive())}
        </ul>
        <p id="result-count" class="result-count" role="status" data-testid="result-count">
            {counted}
        </p>
        <div id="results">
            {results(filter, found, now)}
        </div>
    }
    .into_any()
}

fn form(filter: &CompetitionFilter) -> AnyView {
    let t = &text().browse;
    let tag = filter.tag.clone().map(|tag| {
        view! { <input type="hidden" name="tag" value=tag/> }
    });
    let day = |name: &'static str, label: &'static str, value: Option<NaiveDate>| {
        let value = value.map(|day| day.to_string());
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <input id=name name=name type="date" value=value/>
            </div>
        }
    };
    let more = filter.from.is_some() || filter.to.is_some() || filter.place.is_some();
    view! {
        <search>
            <form class="filters" method="get" action=paths::COMPETITIONS data-live="filter-chips result-count results">
                <SearchField value=filter.search.clone() placeholder=t.search_hint suggest=paths::SUGGEST/>
                <Select name="status" label=t.state value=state_of(filter) choices=states(false)/>
                <Select name="sort" label=t.sort value=sort_of(filter) choices=sorts()/>
                {tag}
                <button type="submit" class="button">{t.show}</button>
                <details class="more-filters" open=more || filter.seats_left>
                    <summary>{t.more}</summary>
                    <div class="filters">
                        <div class="field">
                            <label for="place">{t.place}</label>
                            <input id="place" name="place" value=filter.place.clone()
                                maxlength=PLACE_LENGTH.to_string() autocomplete="off"/>
                        </div>
                        {day("from", t.from, filter.first_day())}
                        {day("to", t.to, filter.last_day())}
                        <div class="field checkbox">
                            <label for="seatsLeft">
                                <input id="seatsLeft" name="seatsLeft" type="checkbox" value="true" checked=filter.seats_left/>
                                {t.seats_left}
                            </label>
                        </div>
                    </div>
                </details>
            </form>
        </search>
    }
    .into_any()
}

/// Returns what the chip of a condition says; `None` for the search and the order, which have inputs that
/// are always in view.
fn chip_label(filter: &CompetitionFilter, name: &str) -> Option<String> {
    let t = &text().browse;
    Some(match name {
        "status" | "phase" => phase_name(filter).to_owned(),
        "open" => t.open.to_owned(),
        "seatsLeft" => t.seats_left.to_owned(),
        "tag" => filter.tag.clone()?,
        "place" => filter.place.clone()?,
        "from" => t.chip_from(&day(filter.first_day()?)),
        "to" => t.chip_to(&day(filter.last_day()?)),
        _ => return None,
    })
}

/// Returns a day as the language says it.
fn day(day: NaiveDate) -> String {
    let midnight = day.and_time(NaiveTime::MIN).and_utc();
    date_time(language(), DateStyle::Date, midnight, "UTC")
}

fn phase_name(filter: &CompetitionFilter) -> &'static str {
    let (t, phases) = (&text().browse, &text().phases);
    match filter.phase {
        None if filter.status == Some(CompetitionStatus::Cancelled) => phases.cancelled,
        None => t.published,
        Some(Phase::Draft) => phases.draft,
        Some(Phase::OpensSoon) => phases.opens_soon,
        Some(Phase::Open) => phases.open,
        Some(Phase::FewLeft) => phases.few_left,
        Some(Phase::Waitlist) => phases.waitlist,
        Some(Phase::Full) => phases.full,
        Some(Phase::Paused) => phases.paused,
        Some(Phase::Closed) => phases.closed,
        Some(Phase::Cancelled) => phases.cancelled,
        Some(Phase::Running) => phases.running,
        Some(Phase::Ended) => phases.ended,
    }
}

/// Returns the conditions that hold as links, each of which leads to the same list without it, and a link that
/// removes all of them.
fn chips(filter: &CompetitionFilter) -> AnyView {
    let t = &text().browse;
    let query = filter.query();
    let chip = |name: &'static str| {
        let label = chip_label(filter, name)?;
        let others = query.iter().filter(|(other, _)| *other != name);
        let pairs: Vec<_> = others.map(|(n, v)| (*n, v.as_str())).collect();
        let href = paths::with_query(paths::COMPETITIONS, &pairs);
        let words = if name == "tag" {
            t.remove_tag(&label)
        } else {
            t.remove_filter(&label)
        };
        Some(
            view! { <li><a class="chip on" href=href aria-label=words>{label}<span aria-hidden="true">"×"</span></a></li> },
        )
    };
    let chips: Vec<_> = query.iter().filter_map(|(name, _)| chip(name)).collect();
    let clear = (!filter.is_everything())
        .then(|| view! { <li><a class="chip clear" href=paths::COMPETITIONS>{t.clear}</a></li> });
    (chips.collect_view(), clear).into_any()
}

/// Returns frequent conditions that do not hold as links, each of which leads to the same list with it.
fn suggested_chips(
    filter: &CompetitionFilter,
    tags: &[(String, u64)],
    today: NaiveDate,
) -> AnyView {
    let t = &text().browse;
    let query = filter.query();
    let chip = |more: &[(&str, &str)], label: String, count: Option<u64>| {
        let held = query.iter().map(|(n, v)| (*n, v.as_str()));
        let pairs: Vec<_> = held.chain(more.iter().copied()).collect();
        let href = paths::with_query(paths::COMPETITIONS, &pairs);
        let count = count.map(|count| view! { <small>{number(count)}</small> });
        view! { <li><a class="chip" href=href>{label}{count}</a></li> }
    };
    let seats_left =
        (!filter.seats_left).then(|| chip(&[("seatsLeft", "true")], t.seats_left.to_owned(), None));
    let soon = (filter.from.is_none() && filter.to.is_none()).then(|| {
        let last = today.checked_add_days(NEAR_FUTURE).unwrap_or(today);
        let (from, to) = (today.to_string(), last.to_string());
        chip(
            &[("from", &from), ("to", &to)],
            t.near_future.to_owned(),
            None,
        )
    });
    let online =
        (filter.place.is_none()).then(|| chip(&[("place", ONLINE)], t.online.to_owned(), None));
    let topics = (filter.tag.is_none()).then(|| {
        // That topic has a chip of its own.
        let topics = tags.iter().filter(|(tag, _)| tag != ONLINE);
        topics
            .map(|(tag, count)| chip(&[("tag", tag)], tag.clone(), Some(*count)))
            .collect_view()
    });
    (seats_left, soon, online, topics).into_any()
}

fn results(
    filter: &CompetitionFilter,
    found: &List<CompetitionView>,
    now: DateTime<Utc>,
) -> AnyView {
    let t = &text().browse;
    let (page, pages) = (found.page, found.pages());
    let list = if found.items.is_empty() {
        let (title, words) = if filter.is_everything() {
            (t.empty_title, t.empty)
        } else {
            (t.none_title, t.none)
        };
        let everything = (!filter.is_everything())
            .then(|| view! { <a class="button" href=paths::COMPETITIONS>{t.clear}</a> });
        view! {
            <EmptyState glyph=Glyph::Search title=title words=words>{everything}</EmptyState>
        }
        .into_any()
    } else {
        let cards = found
            .items
            .iter()
            .enumerate()
            .map(|(n, one)| view! { <CompetitionCard competition=one.clone() now=now first=n < AT_ONCE/> })
            .collect_view();
        view! { <h2 class="sr-only">{t.title}</h2><div class="cards">{cards}</div> }.into_any()
    };
    let query = query_of(filter, found);
    view! {
        {list}
        <Pagination page=page pages=pages path=paths::COMPETITIONS query=query/>
    }
    .into_any()
}
