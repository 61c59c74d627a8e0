//! The languages with a catalogue.

use super::{catalogue::Catalogue, de, en};
use crate::model::Language;

/// The languages in which the application is offered.
pub const OFFERED: &[Language] = &[Language::English, Language::German];

/// Returns the catalogue of a language.
#[must_use]
pub const fn catalogue(language: Language) -> &'static Catalogue {
    match language {
        Language::German => &de::CATALOGUE,
        Language::English
        | Language::Spanish
        | Language::French
        | Language::Japanese
        | Language::Arabic => &en::CATALOGUE,
    }
}
