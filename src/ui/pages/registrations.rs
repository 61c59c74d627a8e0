//! The account's own registrations: upcoming ones with their progress, then cancelled ones, then past ones.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::standings::own_words;
use crate::{
    model::{
        CompetitionStatus, OwnRegistrationView, OwnStandingView, Phase, RegistrationStatus,
        forms::Paging,
    },
    ui::{
        components::{EmptyState, Glyph, PageHeader, Pagination, StatusBadge, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/me/registrations`: lists the account's registrations.
#[component]
pub fn MyRegistrations() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require()?;
    let paging = Paging::new(request.query_as("page"), None, 20);
    let mine = request.services.registrations.mine(actor, paging).await?;
    request.within(&mine)?;
    let t = &text().registrations;
    let now = request.now;
    let mut own_results = HashMap::new();
    for entry in mine
        .items
        .iter()
        .filter(|it| it.competition.results_revision > 0)
    {
        let id = entry.registration.registration_id;
        let results = &request.services.results;
        own_results.insert(id, results.own(&entry.competition, id).await?);
    }
    let (page, pages) = (mine.page, mine.pages());
    let nothing = mine.items.is_empty();
    let (ahead, others): (Vec<_>, Vec<_>) = mine
        .items
        .into_iter()
        .partition(|entry| is_ahead(entry, now));
    let (behind, cancelled): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|entry| is_past(entry, now));
    let section = |id: &'static str, title: &'static str, entries: Vec<OwnRegistrationView>| {
        (!entries.is_empty()).then(|| {
            let rows = entries
                .into_iter()
                .map(|entry| {
                    let id = entry.registration.registration_id;
                    let results = own_results.get(&id).cloned().unwrap_or_default();
                    view! { <li><RegistrationItem entry=entry now=now results=results/></li> }
                })
                .collect_view();
            view! {
                <section class="section" aria-labelledby=id>
                    <h2 id=id>{title}</h2>
                    <ul class="registrations">{rows}</ul>
                </section>
            }
        })
    };
    let none_ahead = (!nothing && ahead.is_empty() && page == 1).then(|| {
        view! { <p class="muted">{t.none_upcoming}" "<a href=paths::COMPETITIONS>{text().home.browse}</a></p> }
    });
    let body = view! {
        <PageHeader title=t.title/>
        <div data-own-list="">
        {nothing.then(|| view! {
            <EmptyState glyph=Glyph::Seat title=t.none_title words=t.none>
                <a class="button primary" href=paths::COMPETITIONS>{text().home.browse}</a>
            </EmptyState>
        })}
        {none_ahead}
        {section("ahead", t.upcoming, ahead)}
        {section("cancelled", t.not_taking_place, cancelled)}
        {section("behind", t.earlier, behind)}
        <Pagination page=page pages=pages path=paths::MY_REGISTRATIONS query=vec![]/>
        </div>
    };
    Ok(PageContent::new(t.title, body))
}

/// Tells whether a registration is upcoming: it is live, and its competition is neither cancelled
/// nor over.
fn is_ahead(entry: &OwnRegistrationView, now: DateTime<Utc>) -> bool {
    entry.registration.status.is_live()
        && !matches!(
            entry.competition.phase(now),
            Phase::Ended | Phase::Cancelled
        )
}

/// Tells whether the date of a registration's competition has passed, whether or not it took place.
fn is_past(entry: &OwnRegistrationView, now: DateTime<Utc>) -> bool {
    let competition = &entry.competition;
    competition.ends_at.unwrap_or(competition.starts_at) <= now
}

/// Shows a registration with its competition, status and progress.
#[component]
fn RegistrationItem(
    entry: OwnRegistrationView,
    now: DateTime<Utc>,
    /// What is published of the results of the registration.
    results: Vec<OwnStandingView>,
) -> impl IntoView {
    let t = &text().registrations;
    let OwnRegistrationView {
        registration,
        competition,
    } = entry;
    let called_off = competition.status == CompetitionStatus::Cancelled;
    let state_words = match (registration.status, registration.waitlist_position) {
        _ if called_off => t.called_off_text.to_owned(),
        (RegistrationStatus::Pending, _) => t.pending_text.to_owned(),
        (RegistrationStatus::Confirmed, _) => t.confirmed_text.to_owned(),
        (RegistrationStatus::Waitlisted, Some(position)) => t.waitlisted_text(position.into()),
        (RegistrationStatus::Waitlisted, None) => t.waitlisted_text_plain.to_owned(),
        (RegistrationStatus::Cancelled, _) => t.cancelled_text.to_owned(),
    };
    let live =
        registration.status.is_live() && !called_off && competition.phase(now) != Phase::Ended;
    let cancel = live.then(|| {
        let (words, label) = match registration.status {
            RegistrationStatus::Waitlisted => (t.leave, t.leave_of(&competition.title)),
            _ => (t.cancel, t.cancel_of(&competition.title)),
        };
        let href = paths::cancel_registration(registration.registration_id);
        view! { <a class="button quiet" href=href aria-label=label data-confirm="">{words}</a> }
    });
    let (words, label) = match registration.status {
        RegistrationStatus::Waitlisted => (t.place, t.place_of(&competition.title)),
        _ => (t.ticket, t.ticket_of(&competition.title)),
    };
    let ticket = live.then(|| {
        let href = paths::ticket(registration.registration_id);
        view! { <a class="button" href=href aria-label=label>{words}</a> }
    });
    let location = (!competition.location.is_empty())
        .then(|| view! { " · "<bdi>{competition.location.clone()}</bdi> });
    let division = registration.division_name.clone();
    let division = division.map(|name| view! { " · "<bdi>{name}</bdi> });
    let checked_in = registration.checked_in_at.map(|at| {
        let (words, zone) = (text().check_in.filter_here, competition.time_zone.clone());
        view! { <p data-testid="checked-in">{words}" "<When time=at zone=zone/></p> }
    });
    let steps = live.then(|| timeline(registration.status, competition.starts_at, now));
    let zone = || competition.time_zone.clone();
    view! {
        <article class="registration" data-testid="registration" data-status=registration.status.as_str()>
            <p class="date-block">
                <span class="date-month"><When time=competition.starts_at zone=zone() style=WhenStyle::Month/></span>
                <span class="date-day"><When time=competition.starts_at zone=zone() style=WhenStyle::Day/></span>
            </p>
            <div class="registration-body">
                <h3><a href=paths::competition(competition.id)><bdi>{competition.title.clone()}</bdi></a></h3>
                <p class="muted"><When time=competition.starts_at zone=zone()/>{location}{division}</p>
                <p><StatusBadge status=registration.status/>" "{state_words}</p>
                {checked_in}
                {own_results(&results)}
                {steps}
            </div>
            <div class="registration-actions">{ticket}{cancel}</div>
        </article>
    }
    .into_any()
}

/// Shows what is published of the results of a registration, each with a link to the standings.
pub(super) fn own_results(results: &[OwnStandingView]) -> Vec<AnyView> {
    let line = |own: &OwnStandingView| {
        let href = paths::standings_of(own.competition_id, own.stage.id);
        view! {
            <p data-testid="own-result"><a href=href><bdi>{own.stage.name.clone()}</bdi></a>": "{own_words(own)}</p>
        }
        .into_any()
    };
    results.iter().map(line).collect()
}

/// Shows the progress of a registration: seat (or waitlist, then seat) → confirmation → reminder →
/// start.
fn timeline(status: RegistrationStatus, starts_at: DateTime<Utc>, now: DateTime<Utc>) -> AnyView {
    let t = &text().registrations;
    let confirmed = status == RegistrationStatus::Confirmed;
    let queue = (!status.holds_seat()).then_some((t.step_queue, true));
    // Reminders go out at midnight UTC the day before.
    let reminded = confirmed && starts_at - now < chrono::TimeDelta::days(1);
    let steps = [
        (t.step_seat, status.holds_seat()),
        (t.step_mail, confirmed),
        (t.step_reminder, reminded),
        (t.step_start, starts_at <= now),
    ];
    let items = queue
        .into_iter()
        .chain(steps)
        .map(|(words, done)| {
            let state = if done { t.done } else { t.ahead };
            view! { <li data-done=done.then_some("")>{words}<span class="sr-only">" ("{state}")"</span></li> }
        })
        .collect_view();
    view! { <ol class="timeline" aria-label=t.steps>{items}</ol> }.into_any()
}
