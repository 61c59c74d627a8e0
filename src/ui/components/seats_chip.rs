//! The state of a competition on a card, in a few quiet words.

use leptos::prelude::*;

use crate::{
    model::{Phase, SeatsView},
    ui::text::text,
};

/// Shows how many seats are left, or why there is none to take.
#[component]
pub fn SeatsChip(phase: Phase, seats: SeatsView) -> impl IntoView {
    let tone = match phase {
        Phase::OpensSoon => "accent",
        Phase::FewLeft | Phase::Paused => "warn",
        _ => "quiet",
    };
    let words = text().chips.words(phase, seats);
    view! { <span class="chip-state" data-tone=tone>{words}</span> }.into_any()
}
