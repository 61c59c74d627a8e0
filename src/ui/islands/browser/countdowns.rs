//! Counts down to deadlines (`data-countdown`).

use std::time::Duration;

use js_sys::Date;
use leptos::prelude::set_interval;

use super::{dom, server_clock};
use crate::ui::text::island_text;

/// Updates every countdown of the page once a second.
pub fn start() {
    update();
    set_interval(update, Duration::from_secs(1));
}

/// Updates every countdown of the page.
pub fn update() {
    let Some(root) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    let now = server_clock::now();
    for element in dom::all(&root, "[data-countdown]") {
        let Some(deadline) = element.get_attribute("data-countdown") else {
            continue;
        };
        #[allow(clippy::cast_possible_truncation, reason = "a few hundred years fit")]
        let left = ((Date::parse(&deadline) - now) / 1000.0) as i64;
        let t = island_text();
        let words = if left > 0 {
            t.closes_in(&t.span(left))
        } else {
            t.closed.to_owned()
        };
        if element.text_content().as_deref() != Some(words.as_str()) {
            element.set_text_content(Some(&words));
        }
    }
}
