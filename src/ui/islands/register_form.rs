//! The submission of the register form.
//!
//! Without JavaScript it is a form like any other. With it, a click submits the form in the background, a
//! second click does nothing, and after a network failure the form is sent again with the same key, which
//! can never take a second seat. Then the browser follows the redirect of the server.

#[cfg(feature = "hydrate")]
use leptos::ev::SubmitEvent;

use crate::text::IslandText;

/// The state of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SubmissionState {
    /// The button was not pressed yet.
    Idle,
    /// The form was sent.
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "browsers submit")
    )]
    Sending,
    /// The network failed, and the form was sent again with the same key.
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "browsers submit")
    )]
    Retrying,
    /// The network failed too often. The form is sent again when the browser is back online, or by a press.
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "browsers submit")
    )]
    Failed,
}

impl SubmissionState {
    /// Returns whether the form is being sent.
    pub(super) const fn is_busy(self) -> bool {
        matches!(self, Self::Sending | Self::Retrying)
    }

    /// Returns what is said about the state below the button.
    pub(super) const fn words(self, t: &IslandText) -> &'static str {
        match self {
            Self::Idle => "",
            Self::Sending => t.registering,
            Self::Retrying => t.retrying,
            Self::Failed => t.gave_up,
        }
    }
}

/// Submits the form in the background, and calls `set` with each state of the submission.
#[cfg(feature = "hydrate")]
pub(super) fn submit(event: &SubmitEvent, set: impl Fn(SubmissionState) + 'static) {
    use super::browser::form_submission::{self, SubmissionProgress};
    set(SubmissionState::Sending);
    let Some(form) = form_submission::form_of(event) else {
        return set(SubmissionState::Failed);
    };
    wasm_bindgen_futures::spawn_local(async move {
        let on_progress = |progress| {
            set(match progress {
                SubmissionProgress::Retrying => SubmissionState::Retrying,
                SubmissionProgress::Waiting => SubmissionState::Failed,
            });
        };
        form_submission::submit_with_retries(&form, on_progress).await;
    });
}
