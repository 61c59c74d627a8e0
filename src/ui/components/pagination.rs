//! Links to the other pages of a list.

use leptos::prelude::*;

use crate::ui::{paths::with_query, text::text};

/// Shows links to the previous and the next page, and the number of the current one. Shows nothing
/// if there is only one page.
#[component]
pub fn Pagination(
    /// The number of the current page, from 1.
    page: u64,
    /// The number of pages.
    pages: u64,
    /// The path of the list.
    #[prop(into)]
    path: String,
    /// The other parameters of the query.
    query: Vec<(&'static str, String)>,
) -> impl IntoView {
    let t = &text().frame;
    let link = move |to: u64, rel: &'static str, words: &'static str| {
        if to < 1 || to > pages {
            return view! { <span class="button quiet" aria-hidden="true"></span> }.into_any();
        }
        let number = to.to_string();
        let mut pairs: Vec<(&str, &str)> = query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        if to > 1 {
            pairs.push(("page", &number));
        }
        let href = with_query(&path, &pairs);
        view! { <a class="button" rel=rel href=href>{words}</a> }.into_any()
    };
    (pages > 1).then(|| {
        view! {
            <nav class="pagination" aria-label=t.pages>
                {link(page.saturating_sub(1), "prev", t.previous)}
                <span>{t.page_of(page, pages)}</span>
                {link(page + 1, "next", t.next)}
            </nav>
        }
    })
}
