//! The remembered theme.

use super::dom;
use crate::ui::islands::ambient::Theme;

const KEY: &str = "theme";

/// What was asked for last.
pub fn read() -> Theme {
    let stored = dom::window()
        .and_then(|window| window.local_storage().ok().flatten())
        .and_then(|storage| storage.get_item(KEY).ok().flatten());
    Theme::named(stored.as_deref())
}

/// Applies a theme and remembers it, as far as the browser lets us.
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
