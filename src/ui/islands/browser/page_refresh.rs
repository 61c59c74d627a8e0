//! Takes an organizer's edit into an open page: loads it again in the background, and exchanges what the
//! page says about the competition. What the visitor has typed or opened stays.

use std::cell::Cell;

use web_sys::{Document, Element};

use super::{countdowns, dom, live_competition, local_times};
use crate::ui::islands::{LivePanelData, PanelState, island_data};

/// The parts of the page that are exchanged.
const PARTS: [&str; 5] = [
    ".competition-head",
    ".divisions",
    ".ready",
    ".competition-body",
    "title",
];
/// The longest wait before the page is loaded again, in milliseconds: not all open pages should ask at once.
const SPREAD: f64 = 600.0;
/// The wait before another attempt, in milliseconds.
const RETRY_WAIT: f64 = 1_000.0;
/// The number of attempts. Another process of the site may know of an edit a few seconds later.
const ATTEMPTS: usize = 8;

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    /// The latest edit that is known of.
    static WANTED: Cell<i64> = const { Cell::new(0) };
}

/// Loads the page again until it contains the edit with the number `revision`, and calls `on_state` with the
/// state of its panel; with nothing if that fails. Of several calls at once, the first one does it for all.
pub fn refresh(revision: i64, on_state: impl Fn(Option<PanelState>) + 'static) {
    WANTED.set(revision);
    if RUNNING.replace(true) {
        return;
    }
    wasm_bindgen_futures::spawn_local(async move {
        let state = load().await;
        RUNNING.set(false);
        on_state(state);
    });
}

/// Loads the page and exchanges its parts.
async fn load() -> Option<PanelState> {
    for attempt in 0..ATTEMPTS {
        let least = if attempt == 0 { 0.0 } else { RETRY_WAIT };
        #[allow(clippy::cast_possible_truncation, reason = "less than two seconds")]
        dom::sleep((least + js_sys::Math::random() * SPREAD) as i32).await;
        if let Some(page) = dom::this_page().await
            && let Some(state) = panel_state(&page)
            && state.revision >= WANTED.get()
        {
            exchange(&page);
            return Some(state);
        }
    }
    None
}

/// Returns the state of the panel of another page.
fn panel_state(page: &Document) -> Option<PanelState> {
    let data: LivePanelData = island_data::of(page)?;
    Some(data.panel)
}

/// Exchanges the parts that differ.
fn exchange(page: &Document) {
    let Some(document) = dom::document() else {
        return;
    };
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
}

/// Does for a new part what was done for the page when it was loaded.
fn finish(part: &Element) {
    local_times::localize(part);
    countdowns::update();
    live_competition::show_network();
}
