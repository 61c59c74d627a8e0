//! The clock of the server, by which pages count down.
//!
//! Three round trips measure the offset of the visitor's clock, each to half its duration. The fastest one is
//! used, since it is the most exact.

use std::cell::Cell;

use js_sys::Date;
use wasm_bindgen_futures::JsFuture;

use super::{dom, json::Json};
use crate::ui::paths;

/// The number of round trips.
const ROUNDS: usize = 3;
/// The pause between them, in milliseconds.
const PAUSE: i32 = 250;

thread_local! {
    /// How far the server's clock is ahead of the visitor's, in milliseconds.
    static OFFSET: Cell<f64> = const { Cell::new(0.0) };
    static MEASURED: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether the clock of the server is known.
pub fn is_measured() -> bool {
    MEASURED.get()
}

/// Returns the time of the server in milliseconds since 1970: the visitor's until it was measured.
pub fn now() -> f64 {
    Date::now() + OFFSET.get()
}

/// Measures the offset. If the network fails, the last one stays.
pub async fn measure() {
    let mut fastest = f64::INFINITY;
    for round in 0..ROUNDS {
        if round > 0 {
            dom::sleep(PAUSE).await;
        }
        let before = Date::now();
        let Some(server) = server_time().await else {
            continue;
        };
        let duration = Date::now() - before;
        if duration < fastest {
            fastest = duration;
            OFFSET.set(server - before - duration / 2.0);
            MEASURED.set(true);
        }
    }
}

async fn server_time() -> Option<f64> {
    let response = dom::fetch(paths::SERVER_TIME, None).await.ok()?;
    let json = JsFuture::from(response.text().ok()?).await.ok()?;
    let time = Date::parse(&Json::parse(&json.as_string()?)?.text("serverTime")?);
    (!time.is_nan()).then_some(time)
}
