//! Forms that submit themselves (`data-auto`), and links that open the system's share sheet
//! (`data-share`).

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlFormElement, MouseEvent};

use super::{dom, post};

/// Finds such forms and links in the page and activates them.
pub fn start() {
    let Some(root) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    for form in dom::all(&root, "form[data-auto]") {
        if let Ok(form) = form.dyn_into::<HtmlFormElement>() {
            spawn_local(async move {
                if post::once(&form).await.is_some() {
                    form.remove();
                }
            });
        }
    }
    for link in dom::all(&root, "a[data-share]") {
        share(&link);
    }
}

/// Makes the link open the share sheet instead of a mail, if the browser has one.
fn share(link: &Element) {
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
            // Closing the sheet is an answer, too.
            drop(wasm_bindgen_futures::JsFuture::from(shared).await);
        });
    });
}
