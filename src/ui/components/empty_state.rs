//! The placeholder for an empty list.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// Explains why a list is empty, and what to do about it.
#[component]
pub fn EmptyState(
    /// An icon above the text.
    glyph: Glyph,
    /// What the list would show.
    title: &'static str,
    /// What the visitor can do.
    words: &'static str,
    /// A link or button below the text.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon glyph=glyph/></span>
            <p class="empty-title">{title}</p>
            <p>{words}</p>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
