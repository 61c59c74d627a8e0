//! The seat bar of a competition, kept up to date, and with it the badge of its phase and the list of
//! participants.

use leptos::prelude::*;
#[cfg(not(feature = "hydrate"))]
use serde::Serialize;

#[cfg(feature = "hydrate")]
use super::browser::json::{FromJson, Json};
use super::island_data;

use crate::{
    model::{CompetitionId, LiveView},
    ui::{
        components::{SeatBar, seat_level},
        text::island_text,
    },
};

/// What the server gives to a seat bar.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "hydrate"), derive(Serialize))]
pub struct LiveSeatsData {
    /// The competition whose seats are shown.
    pub competition: CompetitionId,
    /// The seats and the phase at the time of the request.
    pub live: LiveView,
}

impl LiveSeatsData {
    /// Shows the seat bar in a page.
    #[cfg(not(feature = "hydrate"))]
    pub fn show(self) -> AnyView {
        island_data::with_data(self, || view! { <LiveSeats/> }.into_any())
    }
}

/// Shows the seat bar and keeps it up to date by server-sent events (the browser reconnects by
/// itself).
///
/// The live region changes only with the level (plenty, few, full), not with every seat: a screen
/// reader that never stops talking is worse than none.
#[island]
fn LiveSeats() -> impl IntoView {
    island_data::read().map(live_seats)
}

fn live_seats(LiveSeatsData { competition, live }: LiveSeatsData) -> impl IntoView {
    let current = RwSignal::new(live.seats());
    let announcement = RwSignal::new(String::new());
    let t = island_text();
    let on_live = move |live: LiveView| {
        let seats = live.seats();
        let before = current.get_untracked();
        if seat_level(before) != seat_level(seats) {
            announcement.set(t.seats_said(seats));
        }
        if before != seats {
            current.set(seats);
            #[cfg(feature = "hydrate")]
            super::browser::own_lists::refresh(super::browser::own_lists::LONG);
        }
    };
    // Effects run in the browser only; the server shows the numbers it has.
    Effect::new(move || subscribe(competition, on_live));
    view! {
        <div class="live-seats">
            <SeatBar seats=current/>
            <p class="sr-only" role="status">{announcement}</p>
        </div>
    }
}

#[cfg(feature = "hydrate")]
impl FromJson for LiveSeatsData {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            competition: json.parsed("competition")?,
            live: LiveView::from_json(&json.field("live")?)?,
        })
    }
}

#[cfg(feature = "hydrate")]
fn subscribe(competition: CompetitionId, on_live: impl Fn(LiveView) + 'static) {
    use super::browser::{live_competition, phase_display};
    live_competition::subscribe(competition, move |live| {
        phase_display::show(live.phase);
        on_live(live);
    });
}

#[cfg(not(feature = "hydrate"))]
fn subscribe(_: CompetitionId, _: impl Fn(LiveView) + 'static) {}
