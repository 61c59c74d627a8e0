//! The content of an error page.

use leptos::prelude::*;

use crate::ui::{paths, text::text};

/// Explains why there is no page, and where to go instead.
#[component]
pub fn ErrorMessage(
    /// The first heading (`h1`).
    #[prop(into)]
    title: String,
    /// Why there is no page.
    #[prop(into)]
    words: String,
    /// Whether trying again may help.
    again: bool,
) -> impl IntoView {
    let t = &text().frame;
    view! {
        <div class="error-page">
            <h1>{title}</h1>
            <p role="alert">{words}</p>
            <p class="buttons">
                {again.then(|| view! { <a class="button primary" href="">{t.try_again}</a> })}
                <a class="button" class:primary=!again href=paths::COMPETITIONS>{t.see_competitions}</a>
                <a class="button quiet" href="/">{t.home}</a>
            </p>
        </div>
    }
    .into_any()
}
