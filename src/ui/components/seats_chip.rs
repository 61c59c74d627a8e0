//! The state of a competition on a card, in a few quiet words.

use leptos::prelude::*;

use crate::{
    model::{Phase, SeatsView},
    ui::text::text,
};

/// Shows how many seats are left, or why there is none to take.
#[component]
pub fn SeatsChip(phase: Phase, seats: SeatsView) -> impl IntoView {
    let t = &text().chips;
    let (tone, words) = match phase {
        Phase::Draft => ("quiet", t.draft.to_owned()),
        Phase::Cancelled => ("quiet", t.cancelled.to_owned()),
        Phase::OpensSoon => ("accent", t.opens_soon.to_owned()),
        Phase::Ended => ("quiet", t.ended.to_owned()),
        Phase::Running => ("quiet", t.running.to_owned()),
        Phase::Closed => ("quiet", t.closed.to_owned()),
        Phase::Open => ("quiet", t.left(seats.seats_left.into())),
        Phase::FewLeft => ("warn", t.left(seats.seats_left.into())),
        Phase::Waitlist => ("quiet", t.waitlist(seats.waitlisted.into())),
        Phase::Full => ("quiet", t.full.to_owned()),
        Phase::Paused => ("warn", t.paused.to_owned()),
    };
    view! { <span class="chip-state" data-tone=tone>{words}</span> }.into_any()
}
