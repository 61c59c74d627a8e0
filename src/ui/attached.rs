//! What the web layer has attached to the extensions of the request.

use axum::http::request::Parts;
use leptos::prelude::with_context;

/// Returns the value of that type; `None` without a request, or if the layer that attaches it was not passed.
pub(in crate::ui) fn attached<T: Clone + Send + Sync + 'static>() -> Option<T> {
    with_context::<Parts, _>(|parts| parts.extensions.get::<T>().cloned()).flatten()
}
