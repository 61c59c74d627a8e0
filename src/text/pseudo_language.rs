//! A pseudo-language: English with marks around every sentence.
//!
//! A test turns it on for its own process, and finds every text on a page or in a letter that has no marks, because it
//! is not in the catalogue. It is no language that a visitor could choose, and a release build does not contain it.

use std::sync::OnceLock;

use super::catalogue::Catalogue;
use crate::model::Language;

/// The sentences with marks, once they were asked for.
static MARKED: OnceLock<Catalogue> = OnceLock::new();

/// Puts marks (`⟦` and `⟧`) around every English sentence, from now on and in the whole process.
pub fn speak_pseudo_language() {
    MARKED.get_or_init(|| super::en::CATALOGUE.marked());
}

/// Returns the catalogue of the pseudo-language if it stands in for a language.
pub(super) fn instead_of(language: Language) -> Option<&'static Catalogue> {
    let marked = MARKED.get()?;
    (marked.language == language).then_some(marked)
}

/// Puts marks around a sentence, which is kept until the process ends.
pub(super) fn mark(sentence: &str) -> &'static str {
    Box::leak(format!("⟦{sentence}⟧").into_boxed_str())
}
