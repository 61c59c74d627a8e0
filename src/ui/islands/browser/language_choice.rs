//! The choice of a language, which an address makes once.

use wasm_bindgen::JsValue;

use super::dom;
use crate::ui::paths;

/// Removes the choice from the address: a cookie keeps it, and a copy or a reload of the address must not undo a
/// later one.
pub fn leave_address() {
    let Some(window) = dom::window() else {
        return;
    };
    let location = window.location();
    let (Ok(path), Ok(query), Ok(fragment), Ok(history)) = (
        location.pathname(),
        location.search(),
        location.hash(),
        window.history(),
    ) else {
        return;
    };
    let address = format!("{path}{query}");
    let kept = paths::without_language(&address);
    if kept != address {
        let kept = format!("{kept}{fragment}");
        drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&kept)));
    }
}
