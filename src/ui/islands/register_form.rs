//! The form that registers for a competition.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    model::CompetitionId,
    ui::{paths, text::island_text},
};

/// The state of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SubmissionState {
    /// The button was not pressed yet.
    Idle,
    /// The form was sent.
    Sending,
    /// The network failed, and the form was sent again with the same key.
    Retrying,
    /// The network failed too often, and nothing is sent any more.
    Failed,
}

/// Shows the register form. Without JavaScript it is a form like any other. With it, a click
/// submits the form in the background, a second click does nothing, and after a network failure the
/// form is sent again with the same key, which can never take a second seat. Then the browser
/// follows the redirect of the server.
#[island]
pub fn RegisterForm(competition: CompetitionId, key: String, label: String) -> impl IntoView {
    let state = RwSignal::new(SubmissionState::Idle);
    let words = move || match state.get() {
        SubmissionState::Idle => "",
        SubmissionState::Sending => island_text().registering,
        SubmissionState::Retrying => island_text().retrying,
        SubmissionState::Failed => island_text().gave_up,
    };
    let busy = move || state.get().is_busy();
    view! {
        <form data-testid="register-form" class="register" method="post" action=paths::ACT_REGISTER
            on:submit=move |event| submit(&event, state)>
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

impl SubmissionState {
    /// Returns whether the form is being sent.
    const fn is_busy(self) -> bool {
        matches!(self, Self::Sending | Self::Retrying)
    }
}

#[cfg(feature = "hydrate")]
fn submit(event: &SubmitEvent, state: RwSignal<SubmissionState>) {
    use super::browser::form_submission::{self, SubmissionResult};
    event.prevent_default();
    if state.get_untracked().is_busy() {
        return;
    }
    state.set(SubmissionState::Sending);
    let Some(form) = form_submission::form_of(event) else {
        return state.set(SubmissionState::Failed);
    };
    wasm_bindgen_futures::spawn_local(async move {
        let on_retry = || state.set(SubmissionState::Retrying);
        match form_submission::submit_with_retries(&form, on_retry).await {
            SubmissionResult::Redirecting => {}
            SubmissionResult::Failed => state.set(SubmissionState::Failed),
        }
    });
}

/// Does nothing: on the server the form is only rendered.
#[cfg(not(feature = "hydrate"))]
fn submit(_: &SubmitEvent, state: RwSignal<SubmissionState>) {
    for next in [
        SubmissionState::Sending,
        SubmissionState::Retrying,
        SubmissionState::Failed,
    ] {
        state.set(next);
    }
}
