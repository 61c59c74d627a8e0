//! What stands at an address where nothing is.

use leptos::prelude::*;

use crate::ui::page::{Halt, page};

/// Nothing here, with status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    page(async |_| Err(Halt::NotFound))
}
