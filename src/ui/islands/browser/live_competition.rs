//! Receives what changes about a competition while its page is open.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::JsCast;
use web_sys::{Event, EventSource, MessageEvent};

use super::{dom, json, streams};
use crate::{
    model::{CompetitionId, LiveView},
    ui::{paths, text::panel_text},
};

/// Calls `on_live` with the current state and with each change. A page whose competition is deleted is
/// loaded again, and says so.
pub fn subscribe(competition: CompetitionId, on_live: impl Fn(LiveView) + 'static) {
    let on_live = Rc::new(RefCell::new(on_live));
    streams::open(
        paths::seat_events(competition),
        move |source: &EventSource| {
            let on_live = Rc::clone(&on_live);
            dom::on(source, "seats", move |event: MessageEvent| {
                let json = event.data().as_string();
                if let Some(live) = json.and_then(|json| json::parse(&json)) {
                    on_live.borrow()(live);
                }
            });
            dom::on(source, "deleted", |_: MessageEvent| dom::reload());
        },
    );
}

/// Shows in the ready check (`data-network`) whether the browser has a network, now and when that changes.
pub fn watch_network() {
    let Some(window) = dom::window() else { return };
    show_network();
    for name in ["online", "offline"] {
        dom::on(window.unchecked_ref(), name, |_: Event| show_network());
    }
}

/// Shows in the ready check whether the browser has a network.
pub fn show_network() {
    let (Some(window), Some(document)) = (dom::window(), dom::document()) else {
        return;
    };
    let Ok(Some(line)) = document.query_selector("[data-network]") else {
        return;
    };
    let (ready, words) = if window.navigator().on_line() {
        ("yes", panel_text().check_online)
    } else {
        ("no", panel_text().check_offline)
    };
    drop(line.set_attribute("data-ready", ready));
    drop(line.remove_attribute("hidden"));
    line.set_text_content(Some(words));
}
