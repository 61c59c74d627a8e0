//! The list of competitions. Its whole state is in the address.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::{
        CompetitionStatus, CompetitionView, Page as List,
        forms::{CompetitionFilter, Paging, Sort},
    },
    ui::{
        components::{CompetitionCard, EmptyState, Glyph, Icon, PageHeader, Pagination, Select},
        fragments::Fragment,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/competitions`: lists, searches and filters competitions.
#[component]
pub fn Browse() -> impl IntoView {
    page(load)
}

/// The sort orders and their names in the address.
const SORTS: [(&str, Sort); 5] = [
    ("startsAt", Sort::StartsAt),
    ("regDeadline", Sort::RegDeadline),
    ("seatsLeft", Sort::SeatsLeft),
    ("title", Sort::Title),
    ("newest", Sort::Newest),
];

/// The search, filters and order that the address asks for. `status=OPEN` means that a competition
/// is published and that people can register right now.
struct BrowseQuery {
    search: String,
    status: String,
    tag: String,
    sort: &'static str,
}

impl BrowseQuery {
    fn of(request: &PageRequest) -> Self {
        let sort = request.query("sort").unwrap_or_default();
        let status = request.query("status").unwrap_or_default();
        let known = status == "OPEN" || status.parse::<CompetitionStatus>().is_ok();
        Self {
            search: request.query("search").unwrap_or_default(),
            status: if known { status } else { String::new() },
            tag: request.query("tag").unwrap_or_default(),
            sort: SORTS
                .iter()
                .find(|(name, _)| *name == sort)
                .map_or(SORTS[0].0, |(name, _)| name),
        }
    }

    fn filter(&self) -> CompetitionFilter {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        CompetitionFilter {
            search: some(&self.search),
            // Cancelled competitions are shown to those who ask for them.
            status: self
                .status
                .parse()
                .ok()
                .or(Some(CompetitionStatus::Published)),
            tag: some(&self.tag).map(|tag| tag.to_lowercase()),
            open: self.status == "OPEN",
            sort: SORTS
                .iter()
                .find(|(name, _)| *name == self.sort)
                .map_or_else(Sort::default, |(_, sort)| *sort),
        }
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        let sort = if self.sort == SORTS[0].0 {
            ""
        } else {
            self.sort
        };
        vec![
            ("search", self.search.clone()),
            ("status", self.status.clone()),
            ("tag", self.tag.clone()),
            ("sort", sort.to_owned()),
        ]
    }

    fn is_everything(&self) -> bool {
        self.search.is_empty() && self.status.is_empty() && self.tag.is_empty()
    }
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let asked = BrowseQuery::of(&request);
    let paging = Paging::new(request.query_as("page"), request.query_as("perPage"), 12);
    let filter = asked.filter();
    let found = request.services.catalog.browse(&filter, paging).await?;
    request.declare_public(&found.items);
    let shown: Vec<_> = found.items.iter().collect();
    let render = || list(&asked, &found, request.now);
    let body = request
        .fragment(Fragment::List(filter, paging), &shown, render)
        .await;
    let mut address = asked.query();
    if found.page > 1 {
        address.push(("page", found.page.to_string()));
    }
    let pairs: Vec<_> = address.iter().map(|(n, v)| (*n, v.as_str())).collect();
    Ok(PageContent::new(text().browse.title, body)
        .described(text().browse.described.to_owned())
        .canonical(paths::with_query(paths::COMPETITIONS, &pairs)))
}

fn list(asked: &BrowseQuery, found: &List<CompetitionView>, now: DateTime<Utc>) -> AnyView {
    let t = &text().browse;
    view! {
        <PageHeader title=t.title/>
        {form(asked)}
        <p id="result-count" class="result-count" role="status" data-testid="result-count">
            {(t.count)(found.total)}
        </p>
        <div id="results">
            {results(asked, found, now)}
        </div>
    }
    .into_any()
}

fn form(asked: &BrowseQuery) -> AnyView {
    let t = &text().browse;
    let states = vec![
        ("", t.any),
        ("OPEN", t.open),
        (CompetitionStatus::Published.as_str(), t.published),
        (CompetitionStatus::Cancelled.as_str(), t.cancelled),
    ];
    let sorts = vec![
        (SORTS[0].0, t.sort_starts),
        (SORTS[1].0, t.sort_deadline),
        (SORTS[2].0, t.sort_seats),
        (SORTS[3].0, t.sort_title),
        (SORTS[4].0, t.sort_newest),
    ];
    let tag = (!asked.tag.is_empty()).then(|| {
        view! { <input type="hidden" name="tag" value=asked.tag.clone()/> }
    });
    view! {
        <search>
            <form class="filters" method="get" action=paths::COMPETITIONS data-live="result-count results">
                <div class="field search-field">
                    <label for="search">{t.search}</label>
                    <Icon glyph=Glyph::Search/>
                    <input id="search" name="search" type="search" value=asked.search.clone()
                        placeholder=t.search_hint maxlength="200" autocomplete="off"/>
                </div>
                <Select name="status" label=t.state value=asked.status.clone() choices=states/>
                <Select name="sort" label=t.sort value=asked.sort choices=sorts/>
                {tag}
                <button type="submit" class="button">{t.show}</button>
            </form>
        </search>
    }
    .into_any()
}

fn results(asked: &BrowseQuery, found: &List<CompetitionView>, now: DateTime<Utc>) -> AnyView {
    let t = &text().browse;
    let (page, pages) = (found.page, found.pages());
    let tag = (!asked.tag.is_empty()).then(|| {
        let mut without = asked.query();
        without.retain(|(name, _)| *name != "tag");
        let pairs: Vec<_> = without.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let href = paths::with_query(paths::COMPETITIONS, &pairs);
        let label = (t.remove_tag)(&asked.tag);
        view! { <a class="chip on" href=href aria-label=label>{asked.tag.clone()}<span aria-hidden="true">"×"</span></a> }
    });
    let clear =
        (!asked.is_everything()).then(|| view! { <a href=paths::COMPETITIONS>{t.clear}</a> });
    let list = if found.items.is_empty() {
        let (title, words) = if asked.is_everything() {
            (t.empty_title, t.empty)
        } else {
            (t.none_title, t.none)
        };
        let everything = (!asked.is_everything())
            .then(|| view! { <a class="button" href=paths::COMPETITIONS>{t.clear}</a> });
        view! {
            <EmptyState glyph=Glyph::Search title=title words=words>{everything}</EmptyState>
        }
        .into_any()
    } else {
        let cards = found
            .items
            .iter()
            .map(|one| view! { <CompetitionCard competition=one.clone() now=now/> })
            .collect_view();
        view! { <h2 class="sr-only">{t.title}</h2><div class="cards">{cards}</div> }.into_any()
    };
    view! {
        {(!asked.is_everything()).then(|| view! { <div class="result-line">{tag}{clear}</div> })}
        {list}
        <Pagination page=page pages=pages path=paths::COMPETITIONS query=asked.query()/>
    }
    .into_any()
}
