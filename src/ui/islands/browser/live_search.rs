//! Results while typing. A form with `data-live="id id"` is submitted shortly after the last key,
//! and the elements of those ids are replaced by those of the response. The URL changes too, so
//! that a reload or a shared link shows the same.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Event, FormData, HtmlFormElement, UrlSearchParams};

use super::{dom, local_times};

/// How long after the last key the form is submitted, in milliseconds.
const PAUSE: i32 = 250;

/// Handles input in every such form of the page.
pub fn start() {
    let Some(root) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    for form in dom::all(&root, "form[data-live]") {
        if let (Ok(form), Some(ids)) = (
            form.clone().dyn_into::<HtmlFormElement>(),
            form.get_attribute("data-live"),
        ) {
            watch(&form, ids);
        }
    }
}

fn watch(form: &HtmlFormElement, ids: String) {
    // The button is needed without JavaScript only: style sheets hide it by this attribute.
    drop(form.set_attribute("data-alive", ""));
    let latest = Rc::new(Cell::new(0_u32));
    let watched = form.clone();
    dom::on(form, "input", move |_: Event| {
        let (form, ids, latest) = (watched.clone(), ids.clone(), Rc::clone(&latest));
        let mine = latest.get().wrapping_add(1);
        latest.set(mine);
        wasm_bindgen_futures::spawn_local(async move {
            dom::sleep(PAUSE).await;
            if latest.get() != mine {
                return;
            }
            let Some(url) = url_of(&form) else {
                return;
            };
            let page = dom::page(&url).await;
            // A response to earlier input is dropped.
            if latest.get() == mine
                && let Some(page) = page
            {
                show(&ids, &page, &url);
            }
        });
    });
}

fn show(ids: &str, page: &Document, url: &str) {
    let Some(document) = dom::document() else {
        return;
    };
    for id in ids.split(' ') {
        let (old, new) = (document.get_element_by_id(id), page.get_element_by_id(id));
        if let (Some(old), Some(new)) = (old, new) {
            old.set_inner_html(&new.inner_html());
            local_times::localize(&old);
        }
    }
    if let Some(history) = dom::window().and_then(|window| window.history().ok()) {
        drop(history.replace_state_with_url(&JsValue::NULL, "", Some(url)));
    }
}

/// Returns the URL that the form leads to as it is filled in.
fn url_of(form: &HtmlFormElement) -> Option<String> {
    let query = UrlSearchParams::new().ok()?;
    for pair in FormData::new_with_form(form).ok()?.entries() {
        let pair: js_sys::Array = pair.ok()?.unchecked_into();
        let (name, value) = (pair.get(0).as_string()?, pair.get(1).as_string()?);
        if !value.is_empty() {
            query.append(&name, &value);
        }
    }
    let query = String::from(query.to_string());
    let path = form.get_attribute("action")?;
    Some(if query.is_empty() {
        path
    } else {
        format!("{path}?{query}")
    })
}
