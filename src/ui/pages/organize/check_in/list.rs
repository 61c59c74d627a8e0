//! The list of those who are expected, for the printer.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{ExpectedPersonView, Permission, ticket_number},
    ui::{
        components::{EmptyState, Glyph, PageHeader, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/organize/{id}/check-in/list`: lists everybody with a seat by name, to be ticked off on paper.
#[component]
pub fn CheckInList() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::CheckIn).await?;
    let number: u64 = request.query_as("page").unwrap_or(1).max(1);
    let check_ins = &request.services.check_ins;
    let (people, has_next) = check_ins.expected(actor, competition.id, number).await?;
    let (t, o) = (&text().check_in, &text().organize);
    let zone = &competition.time_zone;
    let has_divisions = !competition.divisions.is_empty();
    let address = paths::organize(competition.id, "check-in/list");
    let listed = if people.is_empty() {
        view! { <EmptyState glyph=Glyph::User title=o.people_none_title words=o.people_none/> }
            .into_any()
    } else {
        let rows = people
            .into_iter()
            .map(|person| row(person, has_divisions, zone));
        let division = has_divisions.then(|| {
            view! { <th scope="col">{text().divisions.division}</th> }
        });
        view! {
            <table class="table check-in-sheet">
                <caption class="sr-only">{t.list_title}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.col_here}</th>
                        <th scope="col">{text().start_numbers.column}</th>
                        <th scope="col">{t.name}</th>
                        {division}
                        <th scope="col">{t.col_number}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    let link = |number: u64, rel: &'static str, words: &'static str| {
        let href = paths::with_query(&address, &[("page", &number.to_string())]);
        view! { <a class="button" rel=rel href=href>{words}</a> }
    };
    let frame = &text().frame;
    let pages = (number > 1 || has_next).then(|| {
        view! {
            <nav class="pagination no-print" aria-label=frame.pages>
                {(number > 1).then(|| link(number - 1, "prev", frame.previous))}
                {has_next.then(|| link(number + 1, "next", frame.next))}
            </nav>
        }
    });
    let body = view! {
        <p class="crumb no-print"><a href=paths::organize(competition.id, "check-in")>{t.title}</a></p>
        <PageHeader title=format!("{}: {}", t.list_title, competition.title) lead=t.list_lead/>
        <p><When time=competition.starts_at zone=zone.clone() venue_only=true/></p>
        <p class="buttons no-print">
            <a class="button" href=paths::badges(competition.id, number, false) download="">{text().certificates.cards}</a>
            <a class="button" href=paths::badges(competition.id, number, true) download="">{text().certificates.large}</a>
        </p>
        {listed}
        {pages}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.list_title, competition.title),
        body,
    ))
}

fn row(person: ExpectedPersonView, has_divisions: bool, zone: &str) -> AnyView {
    let t = &text().check_in;
    let name = text().account.account_name(&person.user_name).to_owned();
    let here = match person.checked_in {
        Some((at, _)) => {
            let zone = zone.to_owned();
            view! { <When time=at zone=zone style=WhenStyle::Recent venue_only=true/> }.into_any()
        }
        None => view! { <span class="check-in-box"></span> }.into_any(),
    };
    let division = has_divisions.then(|| {
        let label = text().divisions.division;
        view! { <td data-label=label><bdi>{person.division.unwrap_or_default()}</bdi></td> }
    });
    view! {
        <tr>
            <td data-label=t.col_here>{here}</td>
            <td data-label=text().start_numbers.column>{person.start_number.map(|it| it.to_string())}</td>
            <th scope="row"><bdi>{name}</bdi></th>
            {division}
            <td data-label=t.col_number>{ticket_number(person.registration_id)}</td>
        </tr>
    }
    .into_any()
}
