//! A box around a table.

use leptos::prelude::*;

/// Shows a table in a box that scrolls sideways where it has no room, with large text for example.
#[component]
pub fn TableBox(
    /// What the table shows, for people who reach the box with the keyboard.
    label: &'static str,
    /// The table in the box.
    children: Children,
) -> impl IntoView {
    view! { <div class="table-box" tabindex="0" role="group" aria-label=label>{children()}</div> }
        .into_any()
}
