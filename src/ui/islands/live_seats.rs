//! The seats of a competition, kept up to date.

use leptos::prelude::*;

use crate::{
    model::{CompetitionId, SeatsView},
    ui::{
        components::{SeatBar, seat_level},
        text::live,
    },
};

/// Shows the seat bar and keeps it up to date by server-sent events (the browser reconnects by
/// itself).
///
/// The live region changes only with the level (plenty, few, full), not with every seat: a screen
/// reader that never stops talking is worse than none.
#[island]
pub fn LiveSeats(competition: CompetitionId, seats: SeatsView) -> impl IntoView {
    let now = RwSignal::new(seats);
    let said = RwSignal::new(String::new());
    let fresh = move |fresh: SeatsView| {
        let before = now.get_untracked();
        if seat_level(before) != seat_level(fresh) {
            said.set((live().seats_said)(fresh));
        }
        if before != fresh {
            now.set(fresh);
        }
    };
    // Effects run in the browser only; the server shows the numbers it has.
    Effect::new(move || follow(competition, fresh));
    let was_full = seats.seats_left == 0;
    let freed = move || was_full && now.get().seats_left > 0;
    view! {
        <div class="live-seats">
            <SeatBar seats=now/>
            <p class="sr-only" role="status">{said}</p>
            <p class="seats-freed" hidden=move || !freed()>
                <a class="button" href="">{live().freed}</a>
            </p>
        </div>
    }
}

#[cfg(feature = "hydrate")]
use super::browser::events::follow;

#[cfg(not(feature = "hydrate"))]
fn follow(_: CompetitionId, _: impl Fn(SeatsView) + 'static) {}
