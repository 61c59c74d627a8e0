//! Takes an organizer's edit, and results that were published or corrected, into an open page: loads it again in the
//! background, and exchanges what the page says about the competition. What the visitor has typed or opened stays.

use std::cell::Cell;

use web_sys::{Document, Element, Event};

use super::{
    copy_links, countdowns, dom, local_times, ready_check, refresh_scope::RefreshScope,
    share_links, typed_input,
};
use crate::{
    model::LiveView,
    ui::islands::{LivePanelData, PanelState, island_data},
};

/// The parts of the page that are exchanged. Each is in every page of a competition, if only as an empty element, so that
/// what is new appears and what is gone disappears.
const PARTS: [&str; 6] = [
    ".competition-head",
    ".registration-inputs",
    ".ready",
    ".competition-body",
    RESULTS,
    "title",
];
/// The part that leads to results and brackets, and says what the visitor has reached.
const RESULTS: &str = ".published-results";
/// The longest wait before the page is loaded again, in milliseconds: not all open pages should ask at once.
const SPREAD: f64 = 600.0;
/// The longest wait after news of results, which come again and again while thousands watch, as with each match.
const RESULTS_SPREAD: f64 = 1_500.0;
/// The wait before another attempt, in milliseconds.
const RETRY_WAIT: f64 = 1_000.0;
/// The number of attempts. Another process of the site may know of an edit a few seconds later.
const ATTEMPTS: usize = 8;

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    /// The latest edit and the latest change of results that are known of.
    static WANTED: Cell<(i64, i32)> = const { Cell::new((0, 0)) };
    /// What was asked for and is not done yet.
    static SCOPE: Cell<RefreshScope> = const { Cell::new(RefreshScope::Results) };
}

/// Loads the page again until it contains the edit and the results of `wanted`, and calls `on_state` with the state of
/// its panel; with nothing if that fails. Of several calls at once, the first one does it for all.
pub fn refresh(
    wanted: LiveView,
    scope: RefreshScope,
    on_state: impl Fn(Option<PanelState>) + 'static,
) {
    let (edit, results) = WANTED.get();
    WANTED.set((
        edit.max(wanted.revision),
        results.max(wanted.results_revision),
    ));
    if scope == RefreshScope::Page {
        SCOPE.set(scope);
    }
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
        let spread = match SCOPE.get() {
            RefreshScope::Results => RESULTS_SPREAD,
            RefreshScope::Page => SPREAD,
        };
        #[allow(clippy::cast_possible_truncation, reason = "less than three seconds")]
        dom::sleep((least + js_sys::Math::random() * spread) as i32).await;
        let Some(page) = dom::this_page().await else {
            continue;
        };
        let (edit, results) = WANTED.get();
        if let Some(state) = panel_state(&page)
            && state.revision >= edit
            && state.results_revision >= results
        {
            // An edit that the page was not told of yet is in all parts.
            let is_edited = state.revision > edit;
            let scope = SCOPE.replace(RefreshScope::Results);
            let parts: &[&str] = match scope == RefreshScope::Page || is_edited {
                true => &PARTS,
                false => &[RESULTS],
            };
            exchange(&page, parts);
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

/// Exchanges those of the parts that differ.
fn exchange(page: &Document, parts: &[&str]) {
    let Some(document) = dom::document() else {
        return;
    };
    for part in parts {
        let (Ok(Some(old)), Ok(Some(new))) =
            (document.query_selector(part), page.query_selector(part))
        else {
            continue;
        };
        let html = new.inner_html();
        if old.inner_html() != html {
            typed_input::keep(&old, || old.set_inner_html(&html));
            finish(&document, &old);
        }
    }
}

/// The event of the document that tells scripts that a part is new. Its modules listen to it.
const EXCHANGED: &str = "mini-compete:exchanged";

/// Does for a new part what was done for the page when it was loaded.
fn finish(document: &Document, part: &Element) {
    local_times::localize(part);
    countdowns::update();
    ready_check::show();
    share_links::activate(part);
    copy_links::activate(part);
    for inert in dom::all(part, "script[src]") {
        run(document, &inert);
    }
    if let Ok(event) = Event::new(EXCHANGED) {
        drop(document.dispatch_event(&event));
    }
}

/// Runs a script of a new part. Browsers run none that is put into a page as text. A module that the page has run
/// already is not run again.
fn run(document: &Document, inert: &Element) {
    let Ok(script) = document.create_element("script") else {
        return;
    };
    for name in ["src", "type"] {
        if let Some(value) = inert.get_attribute(name) {
            drop(script.set_attribute(name, &value));
        }
    }
    drop(inert.replace_with_with_node_1(&script));
}
