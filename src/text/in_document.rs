//! The sentences that come with a document, for its islands.

use std::sync::LazyLock;

use super::{languages::catalogue, sentence::Sentence};
use crate::model::Language;

/// JSON for each language.
type Blocks = [LazyLock<String>; Language::ALL.len()];

static ISLANDS: Blocks = [
    LazyLock::new(|| islands(Language::English)),
    LazyLock::new(|| islands(Language::German)),
    LazyLock::new(|| islands(Language::Spanish)),
    LazyLock::new(|| islands(Language::French)),
    LazyLock::new(|| islands(Language::Japanese)),
    LazyLock::new(|| islands(Language::Arabic)),
];

static PANELS: Blocks = [
    LazyLock::new(|| panel(Language::English)),
    LazyLock::new(|| panel(Language::German)),
    LazyLock::new(|| panel(Language::Spanish)),
    LazyLock::new(|| panel(Language::French)),
    LazyLock::new(|| panel(Language::Japanese)),
    LazyLock::new(|| panel(Language::Arabic)),
];

/// Returns the sentences of the islands that every document has, and the names of phases, as JSON for a
/// `<script>` element.
#[must_use]
pub fn island_sentences(language: Language) -> &'static str {
    &ISLANDS[language as usize]
}

/// Returns the sentences of the registration panel, as JSON for a `<script>` element.
#[must_use]
pub fn panel_sentences(language: Language) -> &'static str {
    &PANELS[language as usize]
}

fn islands(language: Language) -> String {
    let catalogue = catalogue(language);
    let mut sentences = catalogue.islands.sentences();
    sentences.extend(catalogue.phases.sentences());
    json(&sentences)
}

fn panel(language: Language) -> String {
    json(&catalogue(language).panel.sentences())
}

/// Returns the sentences as a list. What could end the element is escaped.
fn json(sentences: &[Sentence]) -> String {
    let templates = sentences.iter().map(|sentence| sentence.template);
    let list: serde_json::Value = templates.collect();
    list.to_string().replace('<', "\\u003c")
}
