//! Badges: a state in one or two words. Their colour is never the only sign.

use leptos::prelude::*;

use crate::{
    model::{Phase, RegistrationStatus},
    ui::text::text,
};

/// Shows the phase of a competition.
#[component]
pub fn PhaseBadge(phase: Phase) -> impl IntoView {
    let t = &text().phases;
    let (tone, words) = match phase {
        Phase::Draft => ("quiet", t.draft),
        Phase::Cancelled => ("bad", t.cancelled),
        Phase::OpensSoon => ("accent", t.opens_soon),
        Phase::Ended => ("quiet", t.past),
        Phase::Running => ("accent", t.running),
        Phase::Closed => ("quiet", t.closed),
        Phase::Open => ("good", t.open),
        Phase::FewLeft => ("warn", t.few_left),
        Phase::Waitlist => ("accent", t.waitlist),
        Phase::Full => ("quiet", t.full),
    };
    view! { <span class="badge" data-tone=tone>{words}</span> }.into_any()
}

/// Shows the status of a registration.
#[component]
pub fn StatusBadge(status: RegistrationStatus) -> impl IntoView {
    let t = &text().registrations;
    let (tone, words) = match status {
        RegistrationStatus::Pending => ("good", t.pending),
        RegistrationStatus::Confirmed => ("good", t.confirmed),
        RegistrationStatus::Waitlisted => ("accent", t.waitlisted),
        RegistrationStatus::Cancelled => ("quiet", t.cancelled),
    };
    view! { <span class="badge" data-tone=tone data-status=status.as_str()>{words}</span> }
        .into_any()
}
