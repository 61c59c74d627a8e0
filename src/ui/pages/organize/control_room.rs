//! The control room: what an organizer needs while registration opens, on one screen.
//!
//! The page is complete without JavaScript, with a link to load it again. A script of its own
//! (`public/control-room.js`, no part of the browser bundle) follows the event stream of the competition and exchanges
//! the parts of the page (`data-part`) once a second at most.

mod charts;
mod figures;
mod questions;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

pub use self::questions::{AddSeats, Waitlist};
use self::{
    charts::{Span, chart},
    figures::{newest, precision, refusals, tiles},
};
use super::pause_switch::pause_switch;
use crate::{
    model::{
        CompetitionStatus, CompetitionView, ControlRoomView, Interval, Permission, Phase,
        StaffRole, time_zone,
    },
    ui::{
        components::{Glyph, Icon, PhaseBadge, SeatsChart},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The number of seats that the form adds unless another one is typed.
const SEATS_TO_ADD: u32 = 50;

/// The page `/organize/{id}/live`: the control room of a competition.
#[component]
pub fn ControlRoom() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, seen, role) = request.permitted(Permission::SeeControlRoom).await?;
    let services = &request.services;
    let room = services.control_rooms.snapshot(actor, seen.id).await?;
    let competition = &room.competition;
    let id = competition.id;
    let span = Span::of(&request);
    let hours = match span {
        Span::All => {
            let statistics = services.competitions.statistics(actor, id, Interval::Hour);
            statistics.await?.buckets
        }
        Span::Minutes | Span::Hour => Vec::new(),
    };
    let data = chart(&room, span, &hours);
    let t = &text().control_room;
    let spans = Span::ALL.map(|other| {
        let href = format!("{}?span={}", paths::control_room(id), other.name());
        let on = other == span;
        view! { <a class="chip" class:on=on href=href aria-current=on.then_some("true")>{other.label()}</a> }
    });
    let zone = &competition.time_zone;
    let body = view! {
        <div class="room" data-control-room=paths::seat_events(id) data-now=room.at.timestamp_millis().to_string()
            data-live=t.live data-lost=t.reconnecting>
            <header class="room-head">
                <div class="room-title">
                    <h1>{t.title}</h1>
                    <p class="crumb"><a href=paths::organize(id, "")><bdi>{competition.title.clone()}</bdi></a></p>
                </div>
                <div class="room-state" data-part="state">{state(&room)}</div>
                <p class="room-connection">
                    <span data-connection="" role="status"></span>
                    <span data-age="" aria-hidden="true"></span>
                    <a class="button" href=request.path_and_query.clone() data-reload="">{t.reload}</a>
                </p>
            </header>
            <section aria-label=t.tiles data-part="tiles">{tiles(&room)}{unused_seats(&room, role)}</section>
            <div class="room-actions" role="group" aria-label=text().organize.actions>
                {actions(competition, role, request.site.absolute(&paths::competition(id)))}
            </div>
            <div class="room-columns">
                <section class="panel" aria-labelledby="chart-heading">
                    <div class="room-heading">
                        <h2 id="chart-heading">{text().statistics.chart_title}</h2>
                        <nav class="chips" aria-label=t.span>{spans.into_iter().collect_view()}</nav>
                    </div>
                    <div data-part="chart"><SeatsChart data=data id="room-chart"/></div>
                </section>
                <div class="room-side">
                    <section class="panel" aria-labelledby="just-in">
                        <h2 id="just-in">{t.just_in}" "<span class="room-newer" data-newer="" aria-hidden="true"></span></h2>
                        <div data-part="newest" data-holds="">{newest(&room.newest, zone)}</div>
                    </section>
                    <section class="panel" aria-labelledby="refused">
                        <h2 id="refused">{t.refused}</h2>
                        <div data-part="refusals">{refusals(&room.refusals)}</div>
                    </section>
                </div>
            </div>
        </div>
        <script src=paths::CONTROL_ROOM_SCRIPT defer=true></script>
    };
    let title = format!("{} · {}", t.title, competition.title);
    Ok(PageContent::new(title, body))
}

/// Says that seats are still set aside although nobody can register any more. The waitlist gets them if their codes are
/// deleted.
fn unused_seats(room: &ControlRoomView, role: StaffRole) -> Option<AnyView> {
    let competition = &room.competition;
    let reserved = u64::from(competition.seats_reserved);
    let is_closed = competition.phase(room.at) == Phase::Closed;
    (is_closed && reserved > 0 && role.permits(Permission::Edit)).then(|| {
        let codes = paths::organize(competition.id, "codes");
        let words = text().codes.unused_reserved(reserved);
        view! { <p data-testid="unused-seats"><a href=codes>{words}</a></p> }.into_any()
    })
}

/// Shows the phase and the one large clock.
fn state(room: &ControlRoomView) -> AnyView {
    let competition = &room.competition;
    let phase = competition.phase(room.at);
    let t = &text().control_room;
    let counting = |words: &'static str, from: DateTime<Utc>, kind: &'static str| {
        let seconds = (room.at - from).num_seconds().abs();
        let from = from.timestamp_millis().to_string();
        view! {
            <p class="room-clock">
                <span>{words}" "</span>
                <strong data-clock=from data-clock-kind=kind>{elapsed(seconds)}</strong>
            </p>
        }
        .into_any()
    };
    let clock = match (phase, competition.opens_at, room.sold_out_at) {
        (Phase::OpensSoon, Some(opens_at), _) => Some(counting(t.opens_in, opens_at, "until")),
        (Phase::Waitlist | Phase::Full, _, Some(at)) => {
            let style = format!("{} %Z", precision(room));
            let when = time_zone::format(&competition.time_zone, at, &style);
            let words = view! { <p class="room-clock"><span>{t.sold_out_at}" "</span><strong>{when}</strong></p> };
            Some(words.into_any())
        }
        (Phase::Open | Phase::FewLeft, opens_at, _) => {
            let since = opens_at.unwrap_or(competition.created_at);
            Some(counting(t.open_for, since, "since"))
        }
        _ => None,
    };
    view! { <PhaseBadge phase=phase/>{clock} }.into_any()
}

/// Writes a number of seconds as a clock does: `02:46`, or `1:02:46` from an hour on.
fn elapsed(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Shows what can be done about it. What changes for participants is asked for first, with numbers.
fn actions(competition: &CompetitionView, role: StaffRole, public: String) -> AnyView {
    let (t, o) = (&text().control_room, &text().organize);
    let id = competition.id;
    let is_published = competition.status == CompetitionStatus::Published;
    let edits = role.permits(Permission::Edit);
    let changes = is_published && edits;
    let add = changes.then(|| {
        view! {
            <form class="room-add" method="get" action=paths::organize(id, "add-seats")>
                <label for="seats" class="sr-only">{t.seats_to_add}</label>
                <input id="seats" name="seats" type="number" min="1" max="100000" required=true
                    value=SEATS_TO_ADD.to_string()/>
                <button type="submit" class="button">{t.add_seats}</button>
            </form>
        }
    });
    let announce = changes.then(|| {
        view! { <a class="button" href=paths::organize(id, "announce")><Icon glyph=Glyph::Mail/>{text().announce.title}</a> }
    });
    let csv = role.permits(Permission::ExportPeople).then(|| {
        view! { <a class="button" href=paths::organize(id, "registrations.csv") download=""><Icon glyph=Glyph::Download/>{o.csv}</a> }
    });
    let edit = edits.then(|| {
        view! { <a class="button" href=paths::organize(id, "edit")><Icon glyph=Glyph::Edit/>{o.edit}</a> }
    });
    view! {
        <div data-part="switches" class="buttons">{changes.then(|| switches(competition))}</div>
        {add}
        <div class="buttons">
            {announce}
            <button type="button" class="button" hidden=true aria-live="polite" data-copy=public data-copied=t.copied>
                <Icon glyph=Glyph::Copy/>{t.copy_link}
            </button>
            {csv}
            {edit}
        </div>
    }
    .into_any()
}

/// Shows what opens and closes the waitlist, and pauses and resumes registration.
fn switches(competition: &CompetitionView) -> AnyView {
    let t = &text().control_room;
    let id = competition.id;
    let waitlist = match competition.waitlist_enabled {
        true => t.waitlist_close,
        false => t.waitlist_open,
    };
    let pause = pause_switch(competition, competition.phase, "live");
    view! {
        {pause}
        <a class="button" href=paths::organize(id, "waitlist") data-confirm="">{waitlist}</a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_hours_only_if_there_are_any() {
        for (seconds, shown) in [(0, "00:00"), (166, "02:46"), (3_766, "1:02:46")] {
            assert_eq!(elapsed(seconds), shown);
        }
    }
}
