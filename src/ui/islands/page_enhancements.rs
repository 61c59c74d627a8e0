//! Enhancements of a whole page: the theme switch, times in the visitor's zone, countdowns, results
//! while typing, questions in a dialog. They are one island since each is small. Pages ask for them
//! by attributes (`data-local`, `data-countdown`, `data-live`, `data-confirm`, `data-auto`,
//! `data-share`).

use leptos::prelude::*;

use super::theme::Theme;
use crate::ui::text::live;

/// Shows the theme switch and starts all enhancements that the page asks for by attributes.
#[island]
pub fn PageEnhancements() -> impl IntoView {
    let theme = RwSignal::new(Theme::Auto);
    let alive = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        use super::browser::{auto_submit, dialog, search, theme as stored, times};
        theme.set(stored::read());
        alive.set(true);
        times::localize_all();
        times::explain_fields();
        times::tick();
        search::start();
        dialog::start();
        auto_submit::start();
    });
    let turn = move |_| {
        theme.update(|theme| *theme = theme.next());
        #[cfg(feature = "hydrate")]
        super::browser::theme::write(theme.get_untracked());
    };
    let words = move || match theme.get() {
        Theme::Auto => live().theme_auto,
        Theme::Light => live().theme_light,
        Theme::Dark => live().theme_dark,
    };
    view! {
        <button type="button" class="theme-switch" hidden=move || !alive.get() on:click=turn>{words}</button>
    }
}
