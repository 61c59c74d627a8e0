//! Keeps a list (`data-own-list`) up to date: the visitor's own registrations and messages, or the participants of
//! an organizer. After news the page is loaded again in the background, and the list is exchanged.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement};

use super::{copy_links, dom, local_times};

const LIST: &str = "[data-own-list]";
/// The wait before the page is loaded after news about the visitor, in milliseconds: they often come in twos, a
/// status and its message.
pub const SHORT: i32 = 300;
/// The wait after news about a competition, of which a rush brings many.
pub const LONG: i32 = 2_000;

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Exchanges the list of the page after a pause, if it has one. Of several calls at once, the first one does it
/// for all.
pub fn refresh(pause: i32) {
    let list = dom::document().and_then(|document| document.query_selector(LIST).ok()?);
    if list.is_none() || RUNNING.replace(true) {
        return;
    }
    wasm_bindgen_futures::spawn_local(async move {
        dom::sleep(pause).await;
        // What happens from here on is in another event.
        RUNNING.set(false);
        if let Some(page) = dom::this_page().await {
            exchange(&page);
        }
    });
}

fn exchange(page: &Document) {
    let Some(document) = dom::document() else {
        return;
    };
    // A page has one such part.
    let (Ok(Some(old)), Ok(Some(new))) = (document.query_selector(LIST), page.query_selector(LIST))
    else {
        return;
    };
    let focused = focused_link(&document, &old);
    old.set_inner_html(&new.inner_html());
    local_times::localize(&old);
    copy_links::activate(&old);
    if let Some(href) = focused {
        focus(&old, &href);
    }
}

/// Returns the address of the link in `list` that has the focus.
fn focused_link(document: &Document, list: &Element) -> Option<String> {
    let focused = document.active_element()?;
    list.contains(Some(&focused))
        .then(|| focused.get_attribute("href"))
        .flatten()
}

/// Gives the focus to the link with this address, if the list still has it.
fn focus(list: &Element, href: &str) {
    let link = dom::all(list, "a[href]")
        .into_iter()
        .find(|link| link.get_attribute("href").as_deref() == Some(href));
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        drop(link.focus());
    }
}
