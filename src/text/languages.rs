//! The languages with a catalogue.

use super::{ar, catalogue::Catalogue, de, en, es, fr, ja};
use crate::model::Language;

/// The languages in which the application is offered.
pub const OFFERED: &[Language] = &Language::ALL;

/// Returns the catalogue of a language.
#[must_use]
pub fn catalogue(language: Language) -> &'static Catalogue {
    #[cfg(debug_assertions)]
    if let Some(marked) = super::pseudo_language::instead_of(language) {
        return marked;
    }
    match language {
        Language::English => &en::CATALOGUE,
        Language::German => &de::CATALOGUE,
        Language::Spanish => &es::CATALOGUE,
        Language::French => &fr::CATALOGUE,
        Language::Japanese => &ja::CATALOGUE,
        Language::Arabic => &ar::CATALOGUE,
    }
}
