//! The seat bar of a competition, kept up to date.

use leptos::prelude::*;

use crate::{
    model::{CompetitionId, SeatsView},
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
pub fn LiveSeats(competition: CompetitionId, seats: SeatsView) -> impl IntoView {
    let current = RwSignal::new(seats);
    let announcement = RwSignal::new(String::new());
    let on_seats = move |seats: SeatsView| {
        let before = current.get_untracked();
        if seat_level(before) != seat_level(seats) {
            announcement.set((island_text().seats_said)(seats));
        }
        if before != seats {
            current.set(seats);
        }
    };
    // Effects run in the browser only; the server shows the numbers it has.
    Effect::new(move || subscribe(competition, on_seats));
    let was_full = seats.seats_left == 0;
    let freed = move || was_full && current.get().seats_left > 0;
    view! {
        <div class="live-seats">
            <SeatBar seats=current/>
            <p class="sr-only" role="status">{announcement}</p>
            <p class="seats-freed" hidden=move || !freed()>
                <a class="button" href="">{island_text().freed}</a>
            </p>
        </div>
    }
}

#[cfg(feature = "hydrate")]
use super::browser::seat_updates::subscribe;

#[cfg(not(feature = "hydrate"))]
fn subscribe(_: CompetitionId, _: impl Fn(SeatsView) + 'static) {}
