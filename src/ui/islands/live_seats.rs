//! The seats of a competition, as they are this second.

use leptos::prelude::*;

use crate::{
    model::{CompetitionId, SeatsView},
    ui::{
        components::{SeatBar, seat_level},
        text::live,
    },
};

/// The seat bar, kept up to date by server-sent events (the browser reconnects by itself).
///
/// What is said aloud changes only when the situation does (plenty, few, full), not with every
/// seat: a live region that never stops talking is worse than none.
#[island]
pub fn LiveSeats(competition: CompetitionId, seats: SeatsView) -> impl IntoView {
    let (now, set_now) = signal(seats);
    let (said, set_said) = signal(String::new());
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        super::browser::events::follow(competition, move |fresh: SeatsView| {
            let before = now.get_untracked();
            if seat_level(before) != seat_level(fresh) {
                set_said.set((live().seats_said)(fresh));
            }
            if before != fresh {
                set_now.set(fresh);
            }
        });
    });
    #[cfg(not(feature = "hydrate"))]
    let _unused = (competition, set_now, set_said);
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
