//! Shows a competition's phase where the page shows it outside of islands.

use super::dom;
use crate::{
    model::Phase,
    ui::{islands::badge, text::phase_text},
};

/// Shows the phase in the badge of the page's competition, and in the attribute that styles depend on.
pub fn show(phase: Phase) {
    let Some(document) = dom::document() else {
        return;
    };
    let Ok(Some(article)) = document.query_selector("[data-live-phase]") else {
        return;
    };
    drop(article.set_attribute("data-phase", &format!("{phase:?}")));
    let (tone, words) = badge(phase, phase_text());
    for element in dom::all(&article, "[data-phase-badge]") {
        drop(element.set_attribute("data-tone", tone));
        if element.text_content().as_deref() != Some(words) {
            element.set_text_content(Some(words));
        }
    }
}
