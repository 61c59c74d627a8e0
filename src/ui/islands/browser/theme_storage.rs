//! Keeps the theme in the browser's storage.

use super::dom;
use crate::ui::islands::theme::Theme;

const KEY: &str = "theme";

/// Returns the theme that was chosen last.
pub fn read() -> Theme {
    let stored = dom::window()
        .and_then(|window| window.local_storage().ok().flatten())
        .and_then(|storage| storage.get_item(KEY).ok().flatten());
    Theme::named(stored.as_deref())
}

/// Applies a theme and stores it, if the browser allows that.
pub fn write(theme: Theme) {
    let root = dom::document().and_then(|document| document.document_element());
    let storage = dom::window().and_then(|window| window.local_storage().ok().flatten());
    if let Some(root) = root {
        drop(match theme.name() {
            Some(name) => root.set_attribute("data-theme", name),
            None => root.remove_attribute("data-theme"),
        });
    }
    if let Some(storage) = storage {
        drop(match theme.name() {
            Some(name) => storage.set_item(KEY, name),
            None => storage.remove_item(KEY),
        });
    }
}
