//! The list of an organizer's competitions, with totals.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;

use super::become_organizer::become_organizer;
use crate::{
    model::{
        CompetitionId, CompetitionView, InvitationView, OrganizerTotalsView, Page as List, Phase,
        Role, StaffRole,
        forms::{CompetitionFilter, Paging},
    },
    ui::{
        components::{
            Countdown, EmptyState, Glyph, Icon, PageHeader, Pagination, PhaseBadge, SearchField,
            SeatBar, Select, Sparkline, When, WhenStyle,
        },
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        pages::list_filter::{count, sort_of, sorts, state_of, states},
        paths,
        text::{number, text},
    },
};

/// The page `/organize`: lists the organizer's competitions.
#[component]
pub fn Overview() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require()?;
    let staff = &request.services.staff;
    let is_organizer = actor.role >= Role::Organizer;
    let invitations = staff.own_invitations(actor).await?.items;
    if !is_organizer && invitations.is_empty() && !request.works_for_others {
        return become_organizer(&request).await;
    }
    let paging = Paging::new(request.query_as("page"), None, 20);
    let totals = match is_organizer {
        true => Some(request.services.reports.overview(actor).await?),
        false => None,
    };
    let filter = CompetitionFilter::read_address(|name| request.query(name));
    let mine = request
        .services
        .competitions
        .mine(actor, &filter, paging)
        .await?;
    request.within(&mine)?;
    let t = &text().organize;
    let (page, pages) = (mine.page, mine.pages());
    let is_busy = mine
        .items
        .iter()
        .any(|competition| is_busy(competition, request.now));
    let counted = count(&filter, mine.total);
    let listed = if mine.items.is_empty() && !filter.is_everything() {
        let t = &text().browse;
        view! { <EmptyState glyph=Glyph::Search title=t.none_title words=t.none/> }.into_any()
    } else if mine.items.is_empty() && !is_organizer {
        ().into_any()
    } else if mine.items.is_empty() {
        view! {
            <EmptyState glyph=Glyph::Plus title=t.none_title words=t.none>
                <a class="button primary" href=paths::ORGANIZE_NEW>{t.new}</a>
            </EmptyState>
        }
        .into_any()
    } else {
        let ids: Vec<_> = mine
            .items
            .iter()
            .map(|competition| competition.id)
            .collect();
        let roles = staff.roles_in(actor.id, &ids).await?;
        table(mine, &roles, request.now).into_any()
    };
    let everybodys = (actor.role == Role::Admin).then(|| {
        view! { <a class="button" href=paths::ADMIN_COMPETITIONS>{text().admin.competitions}</a> }
    });
    let create = is_organizer.then(|| {
        view! {
            <a class="button" href=paths::API_KEYS>{text().api_keys.title}</a>
            <a class="button" href=paths::WEBHOOKS>{text().webhooks.title}</a>
            <a class="button primary" href=paths::ORGANIZE_NEW><Icon glyph=Glyph::Plus/>{t.new}</a>
        }
    });
    let body = view! {
        <PageHeader title=t.title lead=t.lead>
            {everybodys}
            {create}
        </PageHeader>
        {invited(&invitations)}
        {totals.map(|totals| tiles(&totals, request.now))}
        {is_busy.then(|| view! { <script src=paths::REFRESH_SCRIPT defer=true data-refresh="#totals #own-list"></script> })}
        <section class="section" aria-labelledby="yours">
            <h2 id="yours">{if is_organizer { t.yours } else { text().staff.only_shared }}</h2>
            {search_form(&filter)}
            <p id="own-count" class="result-count" role="status">{counted}</p>
            <div id="own-list">
                {listed}
                <Pagination page=page pages=pages path=paths::ORGANIZE query=filter.query()/>
            </div>
        </section>
    };
    Ok(PageContent::new(t.title, body))
}

/// Shows the invitations that wait for an answer.
fn invited(invitations: &[InvitationView]) -> Option<AnyView> {
    let items = invitations.iter().map(|invitation| {
        let words = text().staff.invited_to(&invitation.competition_title);
        view! { <li><a href=paths::invitation(invitation.id, None)>{words}</a></li> }
    });
    let list = || view! { <ul class="panel" data-testid="invitations">{items.collect_view()}</ul> };
    (!invitations.is_empty()).then(|| list().into_any())
}

fn search_form(filter: &CompetitionFilter) -> AnyView {
    let t = &text().browse;
    view! {
        <search>
            <form class="filters" method="get" action=paths::ORGANIZE data-live="own-count own-list">
                <SearchField value=filter.search.clone()/>
                <Select name="status" label=t.state value=state_of(filter) choices=states(true)/>
                <Select name="sort" label=t.sort value=sort_of(filter) choices=sorts()/>
                <button type="submit" class="button">{t.show}</button>
            </form>
        </search>
    }
    .into_any()
}

fn tiles(totals: &OrganizerTotalsView, now: DateTime<Utc>) -> AnyView {
    let t = &text().organize;
    let percent = (totals.seats_taken * 100)
        .checked_div(totals.capacity)
        .unwrap_or(0);
    let recent = &totals.recent;
    let hours = recent.by_hour.map(number);
    let trend = view! {
        <span class="with-spark">
            {number(recent.registered())}
            <Sparkline values=recent.by_hour.to_vec() id="today".to_owned()
                title=t.today_hours.to_owned() description=t.today_by_hour(&hours.join(", "))/>
        </span>
    };
    let waitlisted = (recent.waitlisted != 0).then(|| {
        view! { <dd class="tile-note">{t.change_of_day(&signed(recent.waitlisted))}</dd> }
    });
    let taken = (recent.seats_taken != 0).then(|| {
        view! { <dd class="tile-note">{t.change_of_day(&signed(recent.seats_taken))}</dd> }
    });
    let deadline = match totals.next_deadline {
        Some(time) => view! { <Countdown deadline=time now=now/> }.into_any(),
        None => t.no_deadline.into_any(),
    };
    let deadline_day = totals
        .next_deadline
        .map(|time| view! { <When time=time style=WhenStyle::Short/> });
    view! {
        <section id="totals" aria-label=t.tiles>
        <dl class="tiles">
            <div>
                <dt>{t.today}</dt>
                <dd>{trend}</dd>
                <dd class="tile-note">{t.day_before(recent.day_before)}</dd>
            </div>
            <div>
                <dt>{t.fill}</dt>
                <dd>{format!("{percent} %")}</dd>
                <dd class="tile-note">{t.fill_of(totals.seats_taken, totals.capacity)}</dd>
                {taken}
            </div>
            <div><dt>{t.waitlisted}</dt><dd>{number(totals.waitlisted)}</dd>{waitlisted}</div>
            <div>
                <dt>{t.next_deadline}</dt>
                <dd class="tile-text">{deadline}</dd>
                <dd class="tile-note">{deadline_day}</dd>
            </div>
        </dl>
        </section>
    }
    .into_any()
}

/// Writes a change with its sign.
fn signed(change: i64) -> String {
    let sign = if change < 0 { '−' } else { '+' };
    format!("{sign}{}", number(change.unsigned_abs()))
}

/// Returns whether seats of a competition are being taken, or will be within the hour.
fn is_busy(competition: &CompetitionView, now: DateTime<Utc>) -> bool {
    let phase = competition.phase(now);
    let soon = now + TimeDelta::hours(1);
    phase.takes_registrations()
        || (phase == Phase::OpensSoon && competition.opens_at.is_some_and(|at| at < soon))
}

fn table(
    mine: List<CompetitionView>,
    roles: &[(CompetitionId, StaffRole)],
    now: DateTime<Utc>,
) -> AnyView {
    let t = &text().organize;
    let rows = mine
        .items
        .into_iter()
        .map(|competition| {
            let (phase, seats) = (competition.phase(now), competition.seats());
            let zone = competition.time_zone.clone();
            let role = roles.iter().find(|(id, _)| *id == competition.id);
            let role = role.map(|(_, role)| {
                view! { " "<span class="badge">{text().staff.role_name(*role)}</span> }
            });
            view! {
                <tr>
                    <th scope="row"><a href=paths::organize(competition.id, "")><bdi>{competition.title}</bdi></a>{role}</th>
                    <td data-label=t.col_state><PhaseBadge phase=phase/></td>
                    <td data-label=t.col_seats class="cell-seats"><SeatBar seats=seats/></td>
                    <td data-label=t.col_deadline><When time=competition.reg_deadline zone=zone.clone() style=WhenStyle::Short/></td>
                    <td data-label=t.col_start><When time=competition.starts_at zone=zone style=WhenStyle::Short/></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table">
            <caption class="sr-only">{t.yours}</caption>
            <thead>
                <tr>
                    <th scope="col">{t.col_title}</th>
                    <th scope="col">{t.col_state}</th>
                    <th scope="col">{t.col_seats}</th>
                    <th scope="col">{t.col_deadline}</th>
                    <th scope="col">{t.col_start}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
