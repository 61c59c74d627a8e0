//! Forms that submit themselves (`data-auto`).

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlFormElement;

use super::{dom, form_submission};

/// Submits such forms of the page, and removes those that the server accepted.
pub fn start() {
    let Some(root) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    for form in dom::all(&root, "form[data-auto]") {
        if let Ok(form) = form.dyn_into::<HtmlFormElement>() {
            spawn_local(async move {
                if form_submission::submit_once(&form).await.is_some() {
                    form.remove();
                }
            });
        }
    }
}
