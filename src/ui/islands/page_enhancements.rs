//! Enhancements of a whole page: the theme switch, times in the visitor's zone, countdowns, results
//! and suggestions while typing, confirmation dialogs, and news about the visitor. They are one island since each
//! is small. Pages ask for them by attributes (`data-local`, `data-countdown`, `data-live`, `data-suggest`,
//! `data-confirm`, `data-auto`, `data-copy`, `data-share`, `data-mailbox`).

use leptos::prelude::*;

use super::theme::Theme;
use crate::ui::text::island_text;

/// Shows the theme switch and starts all enhancements that the page asks for by attributes.
#[island]
pub fn PageEnhancements() -> impl IntoView {
    // Counted references: when a client leaves, the server disposes of the signals of its page while it may still
    // look at the views.
    let theme = ArcRwSignal::new(Theme::Auto);
    let is_running = ArcRwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new({
        let (theme, is_running) = (theme.clone(), is_running.clone());
        move || start(&theme, &is_running)
    });
    let switch = {
        let theme = theme.clone();
        move |_| {
            theme.update(|theme| *theme = theme.next());
            #[cfg(feature = "hydrate")]
            super::browser::theme_storage::write(theme.get_untracked());
        }
    };
    let t = island_text();
    let words = move || match theme.get() {
        Theme::Auto => t.theme_auto,
        Theme::Light => t.theme_light,
        Theme::Dark => t.theme_dark,
    };
    view! {
        <button type="button" class="theme-switch" hidden=move || !is_running.get() on:click=switch>{words}</button>
    }
}

/// Starts all enhancements that the page asks for.
#[cfg(feature = "hydrate")]
fn start(theme: &ArcRwSignal<Theme>, is_running: &ArcRwSignal<bool>) {
    use super::browser::{
        auto_submit, confirm_dialog, copy_links, countdowns, dom, language_choice, live_search,
        local_times, own_news, share_links, suggestions, theme_storage,
    };
    theme.set(theme_storage::read());
    is_running.set(true);
    language_choice::leave_address();
    local_times::localize_all();
    local_times::explain_fields();
    countdowns::start();
    live_search::start();
    suggestions::start();
    confirm_dialog::start();
    auto_submit::start();
    if let Some(root) = dom::document().and_then(|document| document.document_element()) {
        share_links::activate(&root);
        copy_links::activate(&root);
    }
    own_news::start();
}
