//! Confirmation dialogs. A link with `data-confirm` leads to a page that asks for confirmation;
//! here the question of that page (`data-question`) opens in a `<dialog>`. If anything about that
//! fails, the link is followed as usual.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlDialogElement, MouseEvent};

use super::dom;

/// The dialog of a question. A drawer opens and closes itself.
const QUESTION: &str = "dialog:not(.drawer)";

/// Handles clicks on such links, including links that are added later.
pub fn start() {
    let Some(document) = dom::document() else {
        return;
    };
    dom::on(&document.clone(), "click", move |event: MouseEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key())
            && event.button() == 0;
        let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else {
            return;
        };
        if let Some(dialog) = dialog_to_close(&target) {
            event.prevent_default();
            dialog.close();
            return;
        }
        let Some(link) = target.closest("a[data-confirm]").ok().flatten() else {
            return;
        };
        let Some(href) = link.get_attribute("href").filter(|_| plain) else {
            return;
        };
        event.prevent_default();
        let document = document.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if ask(&document, &href).await.is_none() {
                dom::go(&href);
            }
        });
    });
}

/// Returns the dialog of a question whose close button or backdrop was clicked.
fn dialog_to_close(target: &Element) -> Option<HtmlDialogElement> {
    let dialog = target.closest(QUESTION).ok().flatten()?;
    let is_backdrop = target.is_instance_of::<HtmlDialogElement>();
    let closes = is_backdrop || target.closest("[data-close]").ok().flatten().is_some();
    closes.then(|| dialog.dyn_into().ok()).flatten()
}

async fn ask(document: &Document, href: &str) -> Option<()> {
    let question = dom::page(href)
        .await?
        .query_selector("[data-question]")
        .ok()
        .flatten()?;
    // A page has one `h1`, so the heading of the dialog becomes an `h2`.
    let html = question
        .inner_html()
        .replace("<h1>", "<h2 id=\"question\">")
        .replace("</h1>", "</h2>");
    let dialog: HtmlDialogElement = match document.query_selector(QUESTION).ok().flatten() {
        Some(dialog) => dialog.dyn_into().ok()?,
        None => {
            let dialog = document.create_element("dialog").ok()?;
            dialog.set_attribute("aria-labelledby", "question").ok()?;
            document.body()?.append_child(&dialog).ok()?;
            dialog.dyn_into().ok()?
        }
    };
    dialog.set_inner_html(&format!("<div class=\"dialog-body\">{html}</div>"));
    dialog.show_modal().ok()
}
