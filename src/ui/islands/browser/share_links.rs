//! Links that open the system's share sheet (`data-share`).

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, MouseEvent};

use super::dom;

/// Activates such links below an element.
pub fn activate(root: &Element) {
    for link in dom::all(root, "a[data-share]") {
        open_share_sheet(&link);
    }
}

/// Makes the link open the share sheet instead of the mail program, if the browser has one.
fn open_share_sheet(link: &Element) {
    let Some(window) = dom::window() else { return };
    let can = js_sys::Reflect::has(&window.navigator(), &JsValue::from_str("share"));
    if can != Ok(true) {
        return;
    }
    let title = link.get_attribute("data-share").unwrap_or_default();
    dom::on(link, "click", move |event: MouseEvent| {
        event.prevent_default();
        let data = web_sys::ShareData::new();
        data.set_title(&title);
        if let Ok(here) = window.location().href() {
            data.set_url(&here);
        }
        let shared = window.navigator().share_with_data(&data);
        spawn_local(async move {
            // An error here means that the visitor closed the sheet.
            drop(wasm_bindgen_futures::JsFuture::from(shared).await);
        });
    });
}
