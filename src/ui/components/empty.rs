//! The top of a page; what stands where there is nothing to list; what stands where there is no
//! page.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::ui::{address, text::text};

/// The top of a page: its one `h1`, what it is about, and what can be done.
#[component]
pub fn PageHeader(
    /// The `h1`.
    #[prop(into)]
    title: String,
    /// A sentence under it.
    #[prop(into, optional)]
    lead: String,
    /// Links and buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="page-header">
            <div>
                <h1>{title}</h1>
                {(!lead.is_empty()).then(|| view! { <p class="lead">{lead}</p> })}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
    .into_any()
}

/// Nothing to list: says why, and what to do about it.
#[component]
pub fn EmptyState(
    /// A picture.
    glyph: Glyph,
    /// What is missing.
    title: &'static str,
    /// What to do.
    words: &'static str,
    /// A link or button.
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

/// There is no page: says why, and where to go.
#[component]
pub fn Sorry(
    /// The `h1`.
    #[prop(into)]
    title: String,
    /// Why.
    #[prop(into)]
    words: String,
    /// Whether trying again may help.
    again: bool,
) -> impl IntoView {
    let t = &text().frame;
    view! {
        <div class="sorry">
            <h1>{title}</h1>
            <p role="alert">{words}</p>
            <p class="buttons">
                {again.then(|| view! { <a class="button primary" href="">{t.try_again}</a> })}
                <a class="button" class:primary=!again href=address::COMPETITIONS>{t.see_competitions}</a>
                <a class="button quiet" href="/">{t.home}</a>
            </p>
        </div>
    }
    .into_any()
}
