//! Badges: a state in one or two words. Their colour is never the only sign.

use leptos::prelude::*;

use crate::{
    model::{Phase, RegistrationStatus},
    ui::{
        islands::badge,
        text::{phase_text, text},
    },
};

/// Shows the phase of a competition.
#[component]
pub fn PhaseBadge(phase: Phase) -> impl IntoView {
    let (tone, words) = badge(phase, phase_text());
    view! { <span class="badge" data-tone=tone data-phase-badge="">{words}</span> }.into_any()
}

/// Shows the status of a registration.
#[component]
pub fn StatusBadge(status: RegistrationStatus) -> impl IntoView {
    let (tone, words) = status_words(status);
    view! { <span class="badge" data-tone=tone data-status=status.as_str()>{words}</span> }
        .into_any()
}

/// Returns the tone and the words of the status of a registration.
pub fn status_words(status: RegistrationStatus) -> (&'static str, &'static str) {
    let t = &text().registrations;
    match status {
        RegistrationStatus::Pending => ("good", t.pending),
        RegistrationStatus::Confirmed => ("good", t.confirmed),
        RegistrationStatus::Waitlisted => ("accent", t.waitlisted),
        RegistrationStatus::Cancelled => ("quiet", t.cancelled),
    }
}
