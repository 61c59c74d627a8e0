//! Turns push messages on and off for the browser at hand.

use leptos::prelude::*;

use crate::ui::{paths, text::text};

/// Where the switch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushSwitchKind {
    /// Among the choices of the account: it is always shown.
    Choice,
    /// Where it may be of use: it is shown to those who have not decided yet.
    Offer,
}

/// Contains what the script shows (`public/push.js`); hidden without it, and where the browser has no push messages.
#[component]
pub fn PushSwitch(kind: PushSwitchKind) -> impl IntoView {
    let t = &text().account;
    let kind = match kind {
        PushSwitchKind::Choice => "choice",
        PushSwitchKind::Offer => "offer",
    };
    view! {
        <section class="push-switch no-print" aria-labelledby="push" hidden=true data-push=kind data-off=t.push_off data-on=t.push_on
            data-denied=t.push_denied data-failed=t.push_failed data-turn-on=t.push_turn_on data-turn-off=t.push_turn_off>
            <h2 id="push">{t.push_section}</h2>
            <p role="status"></p>
            <button type="button" class="button"></button>
        </section>
        <script src=paths::PUSH_SCRIPT defer=true></script>
    }
    .into_any()
}
