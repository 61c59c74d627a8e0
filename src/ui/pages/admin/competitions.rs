//! Everybody's competitions, for administrators.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::{AdminPages, account_path};
use crate::{
    model::{
        CompetitionView,
        forms::{CompetitionFilter, Paging, Sort},
    },
    ui::{
        components::{
            EmptyState, Glyph, PageHeader, Pagination, PhaseBadge, SearchField, SeatBar, Select,
            TableBox, When, WhenStyle,
        },
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        pages::list_filter::{sorts, state_of, states},
        paths,
        text::text,
    },
};

/// The page `/admin/competitions`: lists everybody's competitions, drafts included, the newest first unless another order
/// is chosen.
#[component]
pub fn AllCompetitions() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let paging = Paging::new(request.query_as("page"), None, 50);
    let mut filter = CompetitionFilter::read_address(|name| request.query(name));
    let has_order = request.query("sort").is_some_and(|sort| !sort.is_empty());
    if filter.search.is_none() && !has_order {
        filter.sort = Sort::Newest;
    }
    let competitions = request.services.competitions.all(actor, &filter, paging);
    let competitions = competitions.await?;
    request.within(&competitions)?;
    let t = &text().admin;
    let (number, pages) = (competitions.page, competitions.pages());
    let listed = if competitions.items.is_empty() {
        let t = &text().browse;
        view! { <EmptyState glyph=Glyph::Search title=t.none_title words=t.none/> }.into_any()
    } else {
        table(competitions.items, request.now)
    };
    // Which order a link without one means depends on the search.
    let mut query = filter.query();
    query.retain(|(name, _)| *name != "sort");
    query.push(("sort", filter.sort.as_str().to_owned()));
    let orders = sorts()
        .into_iter()
        .skip(usize::from(filter.search.is_none()));
    let order = match filter.sort {
        Sort::Relevance => "",
        sort => sort.as_str(),
    };
    let words = &text().browse;
    let body = view! {
        <PageHeader title=t.competitions lead=t.competitions_lead/>
        <AdminPages path=paths::ADMIN_COMPETITIONS/>
        <search>
            <form class="filters" method="get" action=paths::ADMIN_COMPETITIONS>
                <SearchField value=filter.search.clone()/>
                <Select name="status" label=words.state value=state_of(&filter) choices=states(true)/>
                <Select name="sort" label=words.sort value=order choices=orders.collect()/>
                <button type="submit" class="button">{text().browse.show}</button>
            </form>
        </search>
        {listed}
        <Pagination page=number pages=pages path=paths::ADMIN_COMPETITIONS query=query/>
    };
    Ok(PageContent::new(t.competitions, body))
}

fn table(competitions: Vec<CompetitionView>, now: DateTime<Utc>) -> AnyView {
    let (t, organize) = (&text().admin, &text().organize);
    let rows = competitions
        .into_iter()
        .map(|competition| {
            let (phase, seats) = (competition.phase(now), competition.seats());
            let zone = competition.time_zone.clone();
            view! {
                <tr>
                    <th scope="row"><a href=paths::organize(competition.id, "")><bdi>{competition.title}</bdi></a></th>
                    <td data-label=t.col_organizer class="cell-text">
                        <a href=account_path(competition.organizer_id, "")><bdi>{text().account.account_name(&competition.organizer_name).to_owned()}</bdi></a>
                    </td>
                    <td data-label=organize.col_state><PhaseBadge phase=phase/></td>
                    <td data-label=organize.col_seats class="cell-seats"><SeatBar seats=seats/></td>
                    <td data-label=organize.col_start><When time=competition.starts_at zone=zone style=WhenStyle::Short/></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableBox label=t.competitions><table class="table dense">
            <caption class="sr-only">{t.competitions}</caption>
            <thead>
                <tr>
                    <th scope="col">{organize.col_title}</th>
                    <th scope="col">{t.col_organizer}</th>
                    <th scope="col">{organize.col_state}</th>
                    <th scope="col">{organize.col_seats}</th>
                    <th scope="col">{organize.col_start}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table></TableBox>
    }
    .into_any()
}
