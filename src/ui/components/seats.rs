//! The number of seats that are left, in words and as a bar. The server and the island that keeps
//! it up to date share it.

use leptos::prelude::*;

use crate::{model::SeatsView, ui::text::island_text};

/// Returns the level that decides the colour: `plenty`, `few` or `full`.
#[must_use]
pub fn seat_level(seats: SeatsView) -> &'static str {
    if seats.seats_left == 0 {
        "full"
    } else if seats.few_left() {
        "few"
    } else {
        "plenty"
    }
}

/// Shows the seats of a competition. The bar is decoration: the words say the same.
#[component]
pub fn SeatBar(
    /// The seat counts, as a signal that may change.
    #[prop(into)]
    seats: Signal<SeatsView>,
) -> impl IntoView {
    let t = island_text();
    let waiting = move || {
        let waiting = seats.get().waitlisted;
        if waiting > 0 {
            format!(" · {}", t.waiting(waiting.into()))
        } else {
            String::new()
        }
    };
    view! {
        <div class="seats" data-level=move || seat_level(seats.get())>
            <p class="seats-text">
                <strong data-testid="seats-left">{move || seats.get().seats_left.to_string()}</strong>
                <span>{move || format!(" {}", t.seats_of(seats.get().capacity.into()))}</span>
                <span class="seats-waiting">{waiting}</span>
            </p>
            <svg class="seats-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect class="seats-fill" height="1" width=move || seats.get().percent_taken().to_string()></rect>
            </svg>
        </div>
    }
}
