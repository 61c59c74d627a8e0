//! The button that takes a seat.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    model::CompetitionId,
    ui::{address, text::live},
};

/// How far a press of the button has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    /// Not pressed.
    Idle,
    /// On its way.
    Sent,
    /// The network failed; on its way again, with the same key.
    Again,
    /// It failed too often.
    Lost,
}

/// The register form. Without JavaScript a form like any other. With it, a press is sent in the
/// background, a second press does nothing, and a network failure is answered by sending the same
/// key again, which can never take a second seat; then the browser goes where the server says.
#[island]
pub fn RegisterForm(competition: CompetitionId, key: String, label: String) -> impl IntoView {
    let press = RwSignal::new(Press::Idle);
    let busy = move || matches!(press.get(), Press::Sent | Press::Again);
    let words = move || match press.get() {
        Press::Idle => "",
        Press::Sent => live().registering,
        Press::Again => live().retrying,
        Press::Lost => live().gave_up,
    };
    view! {
        <form data-testid="register-form" class="register" method="post" action=address::ACT_REGISTER
            on:submit=move |event| submit(&event, press)>
            <input type="hidden" name="competitionId" value=competition.to_string()/>
            <input type="hidden" name="idempotencyKey" value=key/>
            <button type="submit" class="button primary large wide" aria-describedby="register-hint"
                aria-disabled=move || busy().then_some("true")>
                {label}
            </button>
            <p class="progress" role="status">{words}</p>
        </form>
    }
}

#[cfg(feature = "hydrate")]
fn submit(event: &SubmitEvent, press: RwSignal<Press>) {
    use super::browser::post::{self, Sent};
    event.prevent_default();
    if matches!(press.get_untracked(), Press::Sent | Press::Again) {
        return;
    }
    press.set(Press::Sent);
    let Some(form) = post::form_of(event) else {
        return press.set(Press::Lost);
    };
    wasm_bindgen_futures::spawn_local(async move {
        match post::until_answered(&form, || press.set(Press::Again)).await {
            Sent::Leaving => {}
            Sent::Lost => press.set(Press::Lost),
        }
    });
}

/// The server renders the form; nothing is ever pressed there.
#[cfg(not(feature = "hydrate"))]
fn submit(_: &SubmitEvent, press: RwSignal<Press>) {
    for state in [Press::Sent, Press::Again, Press::Lost] {
        press.set(state);
    }
}
