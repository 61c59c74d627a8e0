//! Receives what changes about a competition while its page is open.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::JsCast;
use web_sys::{Event, EventSource, MessageEvent};

use super::{dom, streams};
use crate::{
    model::{CompetitionId, LiveView},
    ui::paths,
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
                let live = event
                    .data()
                    .as_string()
                    .and_then(|text| serde_json::from_str(&text).ok());
                if let Some(live) = live {
                    on_live.borrow()(live);
                }
            });
            dom::on(source, "deleted", |_: MessageEvent| dom::reload());
        },
    );
}

/// Calls `on_change` with whether the browser has a network, now and when that changes.
pub fn watch_network(on_change: impl Fn(bool) + Copy + 'static) {
    let Some(window) = dom::window() else { return };
    on_change(window.navigator().on_line());
    for (name, online) in [("online", true), ("offline", false)] {
        dom::on(window.unchecked_ref(), name, move |_: Event| {
            on_change(online)
        });
    }
}
