//! What pauses registration for a competition, or resumes it.

use leptos::prelude::*;

use crate::{
    model::{CompetitionView, Phase},
    ui::{paths, text::text},
};

/// Shows the link to the question before a pause, or the button that ends the pause. `back` is the page of the
/// competition to which both lead; empty for its overview.
pub(super) fn pause_switch(
    competition: &CompetitionView,
    phase: Phase,
    back: &'static str,
) -> Option<AnyView> {
    let t = &text().organize;
    if competition.paused {
        let field = (!back.is_empty()).then(|| {
            view! { <input type="hidden" name="back" value=back/> }
        });
        let resume = view! {
            <form method="post" action="/act/resume-competition">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                {field}
                <button type="submit" class="button primary">{t.resume}</button>
            </form>
        };
        return Some(resume.into_any());
    }
    phase.is_before_deadline().then(|| {
        let question = match back {
            "" => "pause".to_owned(),
            back => format!("pause?back={back}"),
        };
        let href = paths::organize(competition.id, &question);
        view! { <a class="button" href=href data-confirm="">{t.pause}</a> }.into_any()
    })
}
