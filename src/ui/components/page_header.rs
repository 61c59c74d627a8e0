//! The header at the top of a page.

use leptos::prelude::*;

/// Shows the heading of a page, a sentence about it, and its actions.
#[component]
pub fn PageHeader(
    /// The first heading (`h1`).
    #[prop(into)]
    title: String,
    /// A sentence below the heading.
    #[prop(into, optional)]
    lead: String,
    /// The links and buttons of the page.
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
