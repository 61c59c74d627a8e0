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
    let waiting = |seats: SeatsView| match seats.waitlisted {
        0 => String::new(),
        waiting => format!(" · {}", t.waiting(waiting.into())),
    };
    let left = |seats: SeatsView| t.number(seats.seats_left.into());
    // Sold out is a success: then the style sheet hides the number of seats that are left.
    let capacity = |seats: SeatsView| match seats.seats_left {
        0 => t.seats_taken(seats.capacity.into()),
        _ => format!(" {}", t.seats_of(seats.capacity.into())),
    };
    let is_sold_out = |seats: SeatsView| (seats.seats_left == 0).then_some("true");
    let percent = |seats: SeatsView| seats.percent_taken().to_string();
    view! {
        <div class="seats" data-level=move || said(seats, seat_level)>
            <p class="seats-text">
                <strong data-testid="seats-left" aria-hidden=move || said(seats, is_sold_out)>{move || said(seats, left)}</strong>
                <span>{move || said(seats, capacity)}</span>
                <span class="seats-waiting">{move || said(seats, waiting)}</span>
            </p>
            <svg class="seats-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect class="seats-fill" height="1" width=move || said(seats, percent)></rect>
            </svg>
        </div>
    }
}

/// Says something about the seats; nothing if their signal is gone. When a client leaves, the server disposes of the
/// signals of its page while it may still look at the views.
fn said<T: Default>(seats: Signal<SeatsView>, say: impl FnOnce(SeatsView) -> T) -> T {
    seats.try_get().map(say).unwrap_or_default()
}
