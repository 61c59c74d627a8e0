//! How the installation is: services, queues, seat counters, processes, and what was done lately.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    AdminPages,
    audit::{event_table, names_in},
    queue_table::{age, minute_table, queue_table, waiting},
};
use crate::{
    model::{
        HealthView, ProcessPart, ProcessView, SeatDriftView, ServiceName, ServiceState,
        ServiceView,
        forms::{AuditFilter, Paging},
    },
    ui::{
        components::{PageHeader, TableBox, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The number of events of the audit log that are shown.
const LATEST: u64 = 6;
/// The age in seconds from which the oldest job of a queue that runs needs a look.
const LATE: i64 = 60;

/// The page `/admin`: shows how the installation is.
#[component]
pub fn Health() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let health = request.services.health.report(actor).await?;
    let paging = Paging::new(None, Some(LATEST), LATEST);
    let filter = AuditFilter::default();
    let latest = request.services.audit.all(actor, filter, paging).await?;
    let names = names_in(&request, &latest.items).await?;
    let waiting = request
        .services
        .accounts
        .waiting_organizer_requests()
        .await?;
    let t = &text().admin;
    let asked = (waiting > 0).then(|| {
        view! { <p role="status"><a href=paths::ADMIN_ORGANIZER_REQUESTS>{t.requests_waiting(waiting)}</a></p> }
    });
    let problems = problems(&health);
    let (tone, words) = match problems {
        0 => ("good", t.well.to_owned()),
        some => ("warn", t.need_a_look(some)),
    };
    let body = view! {
        <PageHeader title=t.title>
            <span class="badge" data-tone=tone data-testid="overall">{words}</span>
            <span class="muted"><When time=health.checked_at/></span>
            <a class="button" href=paths::ADMIN>{t.reload}</a>
        </PageHeader>
        <AdminPages path=paths::ADMIN/>
        {asked}
        {tiles(&health)}
        <section class="panel-section" aria-labelledby="queues">
            <h2 id="queues">{t.queues}</h2>
            {queue_table(&health.queues, paths::ADMIN, health.checked_at)}
            {minute_table(&health.queues, health.checked_at)}
        </section>
        <section class="panel-section" aria-labelledby="processes">
            <h2 id="processes">{t.processes}</h2>
            {processes(&health.processes)}
        </section>
        <section class="panel-section" aria-labelledby="latest">
            <h2 id="latest">{t.latest}</h2>
            {event_table(latest.items, &names)}
            <p class="after-table"><a class="button" href=paths::ADMIN_AUDIT>{t.audit}</a></p>
        </section>
    };
    Ok(PageContent::new(t.title, body))
}

/// Returns the number of things that somebody should look at.
fn problems(health: &HealthView) -> u64 {
    let down = health
        .services
        .iter()
        .filter(|service| service.state == ServiceState::Down);
    let queues = health.queues.iter().map(|health| &health.queue);
    let late = queues.clone().filter(|queue| {
        let age = queue.oldest.map(|oldest| health.checked_at - oldest);
        queue.paused_at.is_some() || age.is_some_and(|age| age.num_seconds() > LATE)
    });
    let dead = queues.filter(|queue| queue.failed > 0);
    let drift = u64::from(health.seat_drift.wrong.unwrap_or(0) > 0);
    let silent = health.processes.iter().filter(|process| !process.alive);
    let differ = u64::from(versions_differ(&health.processes));
    let counted = down.count() + late.count() + dead.count() + silent.count();
    u64::try_from(counted).unwrap_or(u64::MAX) + drift + differ
}

fn tiles(health: &HealthView) -> AnyView {
    let t = &text().admin;
    let queues = || health.queues.iter().map(|health| &health.queue);
    let waits: u64 = queues().map(waiting).sum();
    let in_hand: u64 = queues().filter_map(|queue| queue.in_hand).sum();
    let dead: u64 = queues().map(|queue| queue.failed).sum();
    let oldest = queues().filter_map(|queue| queue.oldest).min();
    let late = oldest.is_some_and(|oldest| (health.checked_at - oldest).num_seconds() > LATE);
    let services = health.services.iter().map(service_tile).collect_view();
    view! {
        <section aria-label=t.figures>
            <dl class="tiles dense">
                <div>
                    <dt>{t.waiting}</dt>
                    <dd>{number(waits)}</dd>
                    <dd class="tile-note"><a href=paths::ADMIN_FAILED_JOBS>{t.failed_count(dead)}</a></dd>
                </div>
                <div><dt>{t.in_hand}</dt><dd>{number(in_hand)}</dd></div>
                <div data-tone=late.then_some("warn")><dt>{t.oldest}</dt><dd>{age(oldest, health.checked_at)}</dd></div>
                {drift_tile(health.seat_drift)}
                {services}
            </dl>
        </section>
    }
    .into_any()
}

fn drift_tile(drift: SeatDriftView) -> AnyView {
    let t = &text().admin;
    let (tone, words) = match drift.wrong {
        None => (None, t.drift_unknown.to_owned()),
        Some(0) => (None, t.drift_right.to_owned()),
        Some(wrong) => (Some("bad"), t.drift_wrong(wrong)),
    };
    let checked = drift.checked_at.map(|at| {
        view! { <dd class="tile-note">{t.checked}" "<When time=at style=WhenStyle::Recent/></dd> }
    });
    let repair = drift.wrong.filter(|wrong| *wrong > 0).map(|wrong| {
        view! {
            <dd>
                <form method="post" action="/act/repair-seats" data-testid="repair-form">
                    <button type="submit" class="button">{t.repair(wrong)}</button>
                </form>
            </dd>
        }
    });
    view! {
        <div data-tone=tone data-testid="drift">
            <dt>{t.drift}</dt>
            <dd class="tile-text">{words}</dd>
            {checked}
            {repair}
        </div>
    }
    .into_any()
}

fn service_tile(service: &ServiceView) -> AnyView {
    let t = &text().admin;
    let name = match service.name {
        ServiceName::Mail => t.mail.to_owned(),
        ServiceName::Database | ServiceName::Redis => service.product.clone(),
    };
    let (tone, words) = match service.state {
        ServiceState::Up => (None, t.up),
        ServiceState::Down => (Some("bad"), t.down),
        ServiceState::Off => (None, t.off),
    };
    let latency = service.latency_ms.map(|ms| t.milliseconds(&ms.to_string()));
    let notes: Vec<_> = [service.version.clone(), latency]
        .into_iter()
        .flatten()
        .collect();
    view! {
        <div data-tone=tone data-service=service.name.as_str() data-state=service.state.as_str()>
            <dt>{name}</dt>
            <dd class="tile-text">{words}</dd>
            <dd class="tile-note">{notes.join(" · ")}</dd>
        </div>
    }
    .into_any()
}

fn versions_differ(processes: &[ProcessView]) -> bool {
    let mut versions = processes
        .iter()
        .filter(|process| process.alive)
        .map(|process| &process.version);
    let first = versions.next();
    versions.any(|version| Some(version) != first)
}

fn processes(processes: &[ProcessView]) -> AnyView {
    let t = &text().admin;
    if processes.is_empty() {
        return view! { <p>{t.processes_none}</p> }.into_any();
    }
    let rows = processes
        .iter()
        .map(|process| {
            let parts: Vec<_> = process.parts.iter().map(|part| part_words(*part)).collect();
            let seen = match process.alive {
                true => view! { <When time=process.seen_at style=WhenStyle::Recent/> }.into_any(),
                false => view! {
                    <span class="badge" data-tone="warn">{t.silent}</span>" "
                    <When time=process.seen_at style=WhenStyle::Recent/>
                }
                .into_any(),
            };
            view! {
                <tr>
                    <th scope="row"><code>{process.name.clone()}</code></th>
                    <td data-label=t.col_version>{process.version.clone()}</td>
                    <td data-label=t.col_parts>{parts.join(", ")}</td>
                    <td data-label=t.col_started><When time=process.started_at style=WhenStyle::Recent/></td>
                    <td data-label=t.col_seen>{seen}</td>
                </tr>
            }
        })
        .collect_view();
    let differ =
        versions_differ(processes).then(|| view! { <p role="status">{t.versions_differ}</p> });
    view! {
        {differ}
        <TableBox label=t.processes><table class="table dense">
            <caption class="sr-only">{t.processes}</caption>
            <thead>
                <tr>
                    <th scope="col">{t.col_process}</th>
                    <th scope="col">{t.col_version}</th>
                    <th scope="col">{t.col_parts}</th>
                    <th scope="col">{t.col_started}</th>
                    <th scope="col">{t.col_seen}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table></TableBox>
    }
    .into_any()
}

fn part_words(part: ProcessPart) -> &'static str {
    let t = &text().admin;
    match part {
        ProcessPart::Web => t.part_web,
        ProcessPart::Worker => t.part_worker,
        ProcessPart::Scheduler => t.part_scheduler,
    }
}
