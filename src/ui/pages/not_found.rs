//! What stands where there is no page.

use leptos::prelude::*;

use crate::ui::page::{Halt, page};

/// Nothing at this address, with status 404; or another reason, where the web layer provides one
/// as context because there was no page to ask.
#[component]
pub fn NotFound() -> impl IntoView {
    let halt = use_context::<Halt>().unwrap_or(Halt::NotFound);
    page(async |_| Err(halt))
}
