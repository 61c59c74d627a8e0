//! The seat bar of a competition, kept up to date, and with it the badge of its phase.

use leptos::prelude::*;

use crate::{
    model::{CompetitionId, LiveView},
    ui::{
        components::{SeatBar, seat_level},
        text::island_text,
    },
};

/// Shows the seat bar and keeps it up to date by server-sent events (the browser reconnects by
/// itself).
///
/// The live region changes only with the level (plenty, few, full), not with every seat: a screen
/// reader that never stops talking is worse than none.
#[island]
pub fn LiveSeats(competition: CompetitionId, live: LiveView) -> impl IntoView {
    let current = RwSignal::new(live.seats());
    let announcement = RwSignal::new(String::new());
    let on_live = move |live: LiveView| {
        let seats = live.seats();
        let before = current.get_untracked();
        if seat_level(before) != seat_level(seats) {
            announcement.set((island_text().seats_said)(seats));
        }
        if before != seats {
            current.set(seats);
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
fn subscribe(competition: CompetitionId, on_live: impl Fn(LiveView) + 'static) {
    use super::browser::{live_competition, phase_display};
    live_competition::subscribe(competition, move |live| {
        phase_display::show(live.phase);
        on_live(live);
    });
}

#[cfg(not(feature = "hydrate"))]
fn subscribe(_: CompetitionId, _: impl Fn(LiveView) + 'static) {}
