//! The sentences in the language of a request or, in the browser, of the document.

#[cfg(feature = "ssr")]
use super::attached::attached;
use crate::text::{IslandText, PanelText, PhaseText};
#[cfg(feature = "ssr")]
use crate::{
    model::{DomainError, Language},
    text::{Catalogue, catalogue, grouped},
};

#[cfg(feature = "hydrate")]
mod of_document;
#[cfg(feature = "hydrate")]
pub use of_document::{island_text, panel_text, phase_text};

/// Returns the language of the request, which the web layer has attached to it.
#[cfg(feature = "ssr")]
#[must_use]
pub fn language() -> Language {
    attached().unwrap_or_default()
}

/// Returns the catalogue of the request's language.
#[cfg(feature = "ssr")]
#[must_use]
pub fn text() -> &'static Catalogue {
    catalogue(language())
}

/// Returns a number with the separators of the request's language.
#[cfg(feature = "ssr")]
#[must_use]
pub fn number(number: u64) -> String {
    grouped(language(), number)
}

/// Returns the sentence for a domain error in the request's language.
#[cfg(feature = "ssr")]
#[must_use]
pub fn domain_error(error: &DomainError) -> String {
    text().domain_errors.explain(error)
}

/// Returns the sentences that all islands use.
#[cfg(not(feature = "hydrate"))]
#[must_use]
pub fn island_text() -> &'static IslandText {
    &text().islands
}

/// Returns the names of phases.
#[cfg(not(feature = "hydrate"))]
#[must_use]
pub fn phase_text() -> &'static PhaseText {
    &text().phases
}

/// Returns the sentences of the registration panel.
#[cfg(not(feature = "hydrate"))]
#[must_use]
pub fn panel_text() -> &'static PanelText {
    &text().panel
}
