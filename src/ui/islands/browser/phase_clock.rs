//! Begins the next phase of a competition at its second, by the clock of the server.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{dom, server_clock};
use crate::{
    model::{LiveView, Phase},
    ui::islands::PanelState,
};

/// The longest wait before it is looked again when the next phase begins.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// The clock of the server is measured if registration has not opened, or if a phase begins within this time.
const MEASURED_AHEAD: TimeDelta = TimeDelta::days(1);
/// Shortly before a phase begins the clock is measured again, at some point between these numbers of seconds:
/// the visitor's clock may have been set, and not all pages should ask at once.
const SECOND_MEASUREMENT: (f64, f64) = (20.0, 60.0);

/// Calls `on_live` with the state of each phase that begins, and `on_second` each second with the seconds
/// until registration opens. `read` returns the present state.
///
/// The visitor's clock alone begins no phase: if the server's can't be measured, the event stream does.
pub fn start(
    read: impl Fn() -> PanelState + 'static,
    on_second: impl Fn(i64) + 'static,
    on_live: impl Fn(LiveView) + 'static,
) {
    wasm_bindgen_futures::spawn_local(async move {
        let mut measured_for = None;
        loop {
            let state = read();
            let next = state.rules.next_change(now());
            let ahead = next.map(|next| next - now());
            let soon = ahead.is_some_and(|ahead| ahead < MEASURED_AHEAD);
            if soon || state.live.phase == Phase::OpensSoon {
                let close = ahead.is_some_and(|ahead| ahead < second_measurement());
                // At most twice for a moment.
                if measured_for != Some((next, true)) && (close || measured_for.is_none()) {
                    measured_for = Some((next, close));
                    server_clock::measure().await;
                }
            }
            let state = read();
            if server_clock::is_measured() {
                let live = state.live_at(now());
                if live != state.live {
                    on_live(live);
                }
                if let (Phase::OpensSoon, Some(opens_at)) = (live.phase, state.rules.opens_at) {
                    on_second(seconds_until(opens_at));
                }
            }
            sleep_until(state.rules.next_change(now())).await;
        }
    });
}

/// Waits until a moment or for [`LONGEST_WAIT`].
async fn sleep_until(moment: Option<DateTime<Utc>>) {
    // A millisecond more, since timers are cut off.
    let wait = moment
        .and_then(|moment| (moment - now()).to_std().ok())
        .map_or(LONGEST_WAIT, |wait| wait + Duration::from_millis(1))
        .min(LONGEST_WAIT);
    dom::sleep(i32::try_from(wait.as_millis()).unwrap_or(i32::MAX)).await;
}

/// Returns how long before a phase the clock is measured again, for this page.
fn second_measurement() -> TimeDelta {
    thread_local! {
        static SHARE: f64 = js_sys::Math::random();
    }
    let (least, most) = SECOND_MEASUREMENT;
    let seconds = SHARE.with(|share| least + share * (most - least));
    #[allow(clippy::cast_possible_truncation, reason = "less than a minute")]
    TimeDelta::milliseconds((seconds * 1e3) as i64)
}

/// Returns the time of the server.
fn now() -> DateTime<Utc> {
    #[allow(clippy::cast_possible_truncation, reason = "a few hundred years fit")]
    let milliseconds = server_clock::now() as i64;
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_default()
}

/// Returns the seconds until `time`, rounded up, so that a countdown ends with 1 and not with 0.
fn seconds_until(time: DateTime<Utc>) -> i64 {
    let milliseconds = (time - now()).num_milliseconds();
    (milliseconds + 999).div_euclid(1_000)
}
