//! Buttons that copy an address (`data-copy`). They are hidden in browsers without a clipboard, where the address
//! beside them can be copied as any text.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, MouseEvent};

use super::dom;

/// Activates the buttons below an element.
pub fn activate(root: &Element) {
    let Some(clipboard) = clipboard() else {
        return;
    };
    for button in dom::all(root, "button[data-copy]") {
        drop(button.remove_attribute("hidden"));
        let clipboard = clipboard.clone();
        let pressed = button.clone();
        dom::on(&button, "click", move |_: MouseEvent| {
            copy(clipboard.clone(), pressed.clone());
        });
    }
}

/// Copies the address of a button, and says so on it.
fn copy(clipboard: JsValue, button: Element) {
    let address = button.get_attribute("data-copy").unwrap_or_default();
    let words = button.get_attribute("data-copied");
    let write = js_sys::Reflect::get(&clipboard, &JsValue::from_str("writeText"));
    let Some(write) = write.ok().and_then(|it| it.dyn_into().ok()) else {
        return;
    };
    let write: js_sys::Function = write;
    let Ok(promise) = write.call1(&clipboard, &JsValue::from_str(&address)) else {
        return;
    };
    spawn_local(async move {
        // An error means that the visitor has forbidden it; then the button says nothing.
        let copied = JsFuture::from(js_sys::Promise::resolve(&promise)).await;
        if copied.is_ok() {
            button.set_text_content(words.as_deref());
        }
    });
}

/// Returns the clipboard, which exists on secure pages only.
fn clipboard() -> Option<JsValue> {
    let navigator = dom::window()?.navigator();
    let clipboard = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).ok()?;
    clipboard.is_object().then_some(clipboard)
}
