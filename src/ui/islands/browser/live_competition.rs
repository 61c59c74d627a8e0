//! Receives what changes about a competition while its page is open.

use std::{cell::RefCell, rc::Rc};

use web_sys::{EventSource, MessageEvent};

use super::{dom, json, streams};
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
                let json = event.data().as_string();
                if let Some(live) = json.and_then(|json| json::parse(&json)) {
                    on_live.borrow()(live);
                }
            });
            dom::on(source, "deleted", |_: MessageEvent| dom::reload());
        },
    );
}
