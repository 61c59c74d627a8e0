//! The sentences of islands, which come with the document: a list in a `<script>` element for each of
//! [`ISLANDS`] and [`PANEL`]. They are read once.

use std::sync::OnceLock;

use js_sys::{Array, JSON};
use wasm_bindgen::JsCast;

use super::{IslandText, PanelText, PhaseText};
use crate::model::Language;

/// The id of the element with the sentences of all islands.
const ISLANDS: &str = "island-sentences";
/// The id of the element with the sentences of the registration panel.
const PANEL: &str = "panel-sentences";

/// Returns the sentences that all islands use.
pub fn island_text() -> &'static IslandText {
    &of_all().0
}

/// Returns the names of phases.
pub fn phase_text() -> &'static PhaseText {
    &of_all().1
}

/// Returns the sentences of the registration panel.
pub fn panel_text() -> &'static PanelText {
    static TEXT: OnceLock<PanelText> = OnceLock::new();
    TEXT.get_or_init(|| PanelText::from_sentences(language(), &mut sentences(PANEL)))
}

fn of_all() -> &'static (IslandText, PhaseText) {
    static TEXT: OnceLock<(IslandText, PhaseText)> = OnceLock::new();
    TEXT.get_or_init(|| {
        let (language, mut sentences) = (language(), sentences(ISLANDS));
        (
            IslandText::from_sentences(language, &mut sentences),
            PhaseText::from_sentences(language, &mut sentences),
        )
    })
}

/// Returns the language of the document.
fn language() -> Language {
    document()
        .and_then(|document| document.document_element()?.get_attribute("lang"))
        .and_then(|tag| Language::with_tag(&tag))
        .unwrap_or_default()
}

/// Returns the list in an element. The sentences stay in memory as long as the page.
fn sentences(id: &str) -> impl Iterator<Item = &'static str> + use<> {
    let list: Array = document()
        .and_then(|document| document.get_element_by_id(id)?.text_content())
        .and_then(|json| JSON::parse(&json).ok()?.dyn_into().ok())
        .unwrap_or_default();
    let texts = list.into_iter().map(|text| text.as_string());
    texts.map(|text| &*text.unwrap_or_default().leak())
}

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}
