//! The language of a request, and how it became known, as [`languages`](super::languages) attaches them.

use axum::extract::Request;

use crate::model::Language;

/// How the language of a request became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LanguageSource {
    /// The visitor has chosen it.
    Chosen,
    /// The client prefers it.
    Accepted,
}

/// Returns the language that is attached to a request.
pub(in crate::web) fn of(request: &Request) -> Language {
    let attached = request.extensions().get().copied();
    attached.unwrap_or_default()
}

/// Returns the language of a request, if it was chosen or the client names it.
pub(super) fn known(request: &Request) -> Option<Language> {
    let source = request.extensions().get::<LanguageSource>();
    source.map(|_| of(request))
}
