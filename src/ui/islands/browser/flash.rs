//! The flash message of a page.

use super::dom;

/// Removes the flash message: what it says has changed since.
pub fn dismiss() {
    let flash = dom::document().and_then(|document| document.query_selector(".flash").ok()?);
    if let Some(flash) = flash {
        flash.remove();
    }
}
