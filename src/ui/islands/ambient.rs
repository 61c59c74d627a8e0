//! What makes a whole page a little nicer: the theme switch, times in the visitor's zone,
//! countdowns, results while typing, questions in a dialog. One island, since each is small; the
//! pages ask for it with attributes (`data-local`, `data-countdown`, `data-live`, `data-confirm`,
//! `data-auto`, `data-share`).

use leptos::prelude::*;

use crate::ui::text::live;

/// The theme a visitor asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Theme {
    /// As the system has it.
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Its name in the document and in the browser's storage.
    #[cfg(feature = "hydrate")]
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// The theme of that name.
    #[cfg(feature = "hydrate")]
    #[must_use]
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::Auto,
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }
}

/// The theme switch, and everything else that is asked for by attributes.
#[island]
pub fn Ambient() -> impl IntoView {
    let theme = RwSignal::new(Theme::Auto);
    let alive = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        use super::browser::{auto, dialog, search, theme as stored, times};
        theme.set(stored::read());
        alive.set(true);
        times::localize_all();
        times::explain_fields();
        times::tick();
        search::start();
        dialog::start();
        auto::start();
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
