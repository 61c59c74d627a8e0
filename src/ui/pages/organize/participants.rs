//! The registrations of a competition: searched, filtered, in pages, or all as CSV.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionId, RegistrationStatus, RegistrationView,
        forms::{Paging, RegistrationFilter},
    },
    ui::{
        components::{
            EmptyState, Glyph, Icon, PageHeader, Pagination, Select, StatusBadge, When, WhenStyle,
        },
        islands::LiveSeatsData,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/organize/{id}/registrations`: lists a competition's registrations.
#[component]
pub fn Participants() -> impl IntoView {
    page(load)
}

/// Returns the path of the list of a competition's registrations.
pub fn participants_url(id: CompetitionId) -> String {
    paths::organize(id, "registrations")
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_organizer().await?;
    let services = &request.services;
    let competition = services
        .competitions
        .get_owned(actor, request.id()?)
        .await?;
    let filter = RegistrationFilter {
        status: request.query_as("status"),
        search: request.query("search"),
    };
    let paging = Paging::new(request.query_as("page"), None, 50);
    let people = services
        .registrations
        .of_competition(actor, competition.id, &filter, paging)
        .await?;
    request.within(&people)?;
    let t = &text().organize;
    let status = filter.status.map_or("", RegistrationStatus::as_str);
    let search = filter.search.clone().unwrap_or_default();
    let (page, pages, total) = (people.page, people.pages(), people.total);
    let all = filter == RegistrationFilter::default();
    let listed = if people.items.is_empty() {
        let words = if all {
            t.people_none
        } else {
            t.people_no_match
        };
        view! { <EmptyState glyph=Glyph::User title=t.people_none_title words=words/> }.into_any()
    } else {
        participants_table(&competition.title, people.items).into_any()
    };
    let me = &text().registrations;
    let choices = vec![
        ("", t.any_status),
        (RegistrationStatus::Pending.as_str(), me.pending),
        (RegistrationStatus::Confirmed.as_str(), me.confirmed),
        (RegistrationStatus::Waitlisted.as_str(), me.waitlisted),
        (RegistrationStatus::Cancelled.as_str(), me.cancelled),
    ];
    let seats = LiveSeatsData {
        competition: competition.id,
        live: competition.live(request.now),
    };
    let csv = format!("{}.csv", participants_url(competition.id));
    let query = vec![("search", search.clone()), ("status", status.to_owned())];
    let body = view! {
        <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.people>
            <a class="button" href=csv download=""><Icon glyph=Glyph::Download/>{t.csv}</a>
        </PageHeader>
        <search>
            <form class="filters" method="get" action=participants_url(competition.id) data-live="result-count results">
                <div class="field search-field">
                    <label for="search">{text().browse.search}</label>
                    <Icon glyph=Glyph::Search/>
                    <input id="search" name="search" type="search" value=search
                        placeholder=t.search_people maxlength="200" autocomplete="off"/>
                </div>
                <Select name="status" label=t.col_status value=status choices=choices/>
                <button type="submit" class="button">{text().browse.show}</button>
            </form>
        </search>
        {seats.show()}
        <div data-own-list="">
            <p id="result-count" class="result-count" role="status">{t.count(total)}</p>
            <div id="results">
                {listed}
                <Pagination page=page pages=pages path=participants_url(competition.id) query=query/>
            </div>
        </div>
    };
    Ok(PageContent::new(
        format!("{} · {}", t.people, competition.title),
        body,
    ))
}

/// Shows registrations as a table of participants and their status.
pub fn participants_table(title: &str, people: Vec<RegistrationView>) -> AnyView {
    let t = &text().organize;
    let rows = people
        .into_iter()
        .map(|registration| {
            let position = registration.waitlist_position.map(|n| n.to_string());
            let name = registration.user_name.unwrap_or_default();
            let name = text().account.account_name(&name).to_owned();
            view! {
                <tr>
                    <th scope="row"><bdi>{name}</bdi></th>
                    <td class="cell-text" data-label=t.col_email>{registration.user_email}</td>
                    <td data-label=t.col_status><StatusBadge status=registration.status/>{position.map(|position| format!(" {position}"))}</td>
                    <td data-label=t.col_registered><When time=registration.registered_at style=WhenStyle::Short/></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table">
            <caption class="sr-only">{t.people_caption(title)}</caption>
            <thead>
                <tr>
                    <th scope="col">{t.col_name}</th>
                    <th scope="col">{t.col_email}</th>
                    <th scope="col">{t.col_status}</th>
                    <th scope="col">{t.col_registered}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
