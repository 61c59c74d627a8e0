//! Takes an organizer's edit into an open page: loads it again in the background, and exchanges what the
//! page says about the competition. What the visitor has typed or opened stays.

use std::cell::Cell;

use web_sys::{Document, Element};

use super::{countdowns, dom, local_times};
use crate::ui::islands::PanelState;

/// The parts of the page that are exchanged.
const PARTS: [&str; 3] = [".competition-head", ".competition-body", "title"];
/// The longest wait before the page is loaded again, in milliseconds: not all open pages should ask at once.
const SPREAD: f64 = 600.0;

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Loads the page again and calls `on_state` with the state of its panel. Of several calls at once, the
/// first one does it for all.
pub fn refresh(on_state: impl Fn(PanelState) + 'static) {
    if RUNNING.replace(true) {
        return;
    }
    wasm_bindgen_futures::spawn_local(async move {
        #[allow(clippy::cast_possible_truncation, reason = "less than a second")]
        dom::sleep((js_sys::Math::random() * SPREAD) as i32).await;
        // What is edited from here on is in another event.
        RUNNING.set(false);
        let url = dom::window().and_then(|window| window.location().href().ok());
        let Some(url) = url else { return };
        if let Some(page) = dom::page(&url).await
            && let Some(state) = exchange(&page)
        {
            on_state(state);
        }
    });
}

/// Exchanges the parts, and returns the state of the other page's panel.
fn exchange(page: &Document) -> Option<PanelState> {
    let island = page.query_selector(".panel leptos-island").ok().flatten()?;
    let props: serde_json::Value =
        serde_json::from_str(&island.get_attribute("data-props")?).ok()?;
    let state = serde_json::from_value(props.get("panel")?.clone()).ok()?;
    let document = dom::document()?;
    for part in PARTS {
        let (Ok(Some(old)), Ok(Some(new))) =
            (document.query_selector(part), page.query_selector(part))
        else {
            continue;
        };
        let html = new.inner_html();
        if old.inner_html() != html {
            old.set_inner_html(&html);
            finish(&old);
        }
    }
    Some(state)
}

/// Does for a new part what was done for the page when it was loaded.
fn finish(part: &Element) {
    local_times::localize(part);
    countdowns::update();
}
