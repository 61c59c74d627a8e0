//! The form that registers for a competition.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    model::CompetitionId,
    ui::{address, text::live},
};

/// The state of the submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    /// The button was not pressed yet.
    Idle,
    /// The form was sent.
    Sent,
    /// The network failed, and the form was sent again with the same key.
    Again,
    /// The network failed too often, and nothing is sent any more.
    Lost,
}

/// Shows the register form. Without JavaScript it is a form like any other. With it, a press
/// submits the form in the background, a second press does nothing, and after a network failure the
/// form is sent again with the same key, which can never take a second seat. Then the browser goes
/// to the address that the server answers with.
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

/// Does nothing: on the server the form is only rendered.
#[cfg(not(feature = "hydrate"))]
fn submit(_: &SubmitEvent, press: RwSignal<Press>) {
    for state in [Press::Sent, Press::Again, Press::Lost] {
        press.set(state);
    }
}
