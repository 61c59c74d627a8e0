//! The field for a search in a list.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::{model::forms::SEARCH_LENGTH, ui::text::text};

/// Shows the field `search` of a form that filters a list.
#[component]
pub fn SearchField(
    /// What was searched for.
    #[prop(into)]
    value: Option<String>,
    /// An example of what to search for.
    #[prop(optional)]
    placeholder: Option<&'static str>,
    /// Where suggestions come from while somebody types.
    #[prop(optional)]
    suggest: Option<&'static str>,
    /// A hint for people who do not see the list.
    #[prop(optional)]
    hint: Option<&'static str>,
) -> impl IntoView {
    let described = hint.is_some().then_some("search-hint");
    let hint = hint.map(|hint| view! { <p class="sr-only" id="search-hint">{hint}</p> });
    view! {
        <div class="field search-field">
            <label for="search">{text().browse.search}</label>
            <Icon glyph=Glyph::Search/>
            <input id="search" name="search" type="search" value=value placeholder=placeholder
                maxlength=SEARCH_LENGTH.to_string() autocomplete="off" data-suggest=suggest
                aria-describedby=described/>
            {hint}
        </div>
    }
    .into_any()
}
