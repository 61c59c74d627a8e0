//! The page for a path that has no page.

use leptos::prelude::*;

use crate::ui::{page::page, page_request::PageError};

/// Responds with status 404, or with another error that the web layer provides as context because no page
/// was chosen.
#[component]
pub fn NotFound() -> impl IntoView {
    let error = use_context::<PageError>().unwrap_or(PageError::NotFound);
    page(async |_| Err(error))
}
