//! The clock of the server, by which pages count down.
//!
//! Three round trips measure the offset of the visitor's clock, each to half its duration; the median is
//! used, so that one slow response does not matter.

use std::cell::Cell;

use js_sys::Date;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::dom;
use crate::ui::paths;

/// The number of round trips.
const ROUNDS: usize = 3;
/// The pause between them, in milliseconds.
const PAUSE: i32 = 250;

thread_local! {
    /// How far the server's clock is ahead of the visitor's, in milliseconds.
    static OFFSET: Cell<f64> = const { Cell::new(0.0) };
}

/// Returns the time of the server in milliseconds since 1970: the visitor's until it was measured.
pub fn now() -> f64 {
    Date::now() + OFFSET.get()
}

/// Measures the offset. If the network fails, the last one stays.
pub async fn measure() {
    let mut offsets = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        if round > 0 {
            dom::sleep(PAUSE).await;
        }
        let before = Date::now();
        let Some(server) = server_time().await else {
            continue;
        };
        offsets.push(server - f64::midpoint(before, Date::now()));
    }
    offsets.sort_by(f64::total_cmp);
    if let Some(median) = offsets.get(offsets.len() / 2) {
        OFFSET.set(*median);
    }
}

async fn server_time() -> Option<f64> {
    let response = dom::fetch(paths::SERVER_TIME, None).await.ok()?;
    let json = JsFuture::from(response.json().ok()?).await.ok()?;
    let text = js_sys::Reflect::get(&json, &"serverTime".into()).ok()?;
    let time = Date::parse(
        text.unchecked_ref::<js_sys::JsString>()
            .as_string()?
            .as_str(),
    );
    (!time.is_nan()).then_some(time)
}
