//! Begins the next phase of a competition at its second, by the clock of the server.

use std::{rc::Rc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::{set_interval, set_timeout};

use super::server_clock;
use crate::model::{LiveView, Phase, PhaseRules};

/// The longest wait before it is looked again when the next phase begins.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The clock of the server is measured if a phase begins within this time.
const MEASURED_AHEAD: TimeDelta = TimeDelta::days(1);
/// Shortly before an opening the clock is measured again, at some point between these times: the visitor's
/// clock may have been set, and not all pages should ask at once.
const SECOND_MEASUREMENT: (u32, u32) = (20, 60);

/// Calls `on_live` with the state of each phase that begins, and `on_second` each second with the seconds
/// until registration opens. `read` returns the present rules and state.
pub fn start(
    read: impl Fn() -> (PhaseRules, LiveView) + Copy + 'static,
    on_second: impl Fn(i64) + Copy + 'static,
    on_live: impl Fn(LiveView) + Copy + 'static,
) {
    let tick = move || {
        let (rules, live) = read();
        if live.phase == Phase::OpensSoon
            && let Some(opens_at) = rules.opens_at
        {
            on_second(seconds_until(opens_at));
        }
    };
    set_interval(tick, Duration::from_secs(1));
    wasm_bindgen_futures::spawn_local(async move {
        let (rules, _) = read();
        let next = rules.next_change(now());
        if next.is_some_and(|next| next - now() < MEASURED_AHEAD) {
            server_clock::measure().await;
        }
        tick();
        wait(Rc::new(move || {
            let (rules, live) = read();
            let phase = rules.phase(live.seats(), now());
            // The status is the organizer's; the clock moves a published competition only.
            if phase != live.phase && live.phase != Phase::Cancelled && live.phase != Phase::Draft {
                on_live(LiveView { phase, ..live });
            }
            tick();
            rules.next_change(now())
        }));
    });
    let (least, most) = SECOND_MEASUREMENT;
    let (rules, _) = read();
    if let Some(opens_at) = rules.opens_at {
        let before = f64::from(least) + js_sys::Math::random() * f64::from(most - least);
        #[allow(clippy::cast_precision_loss, reason = "a few weeks in seconds")]
        let wait = seconds_until(opens_at) as f64 - before;
        if (1.0..86_400.0).contains(&wait) {
            let measure = || wasm_bindgen_futures::spawn_local(server_clock::measure());
            set_timeout(measure, Duration::from_secs_f64(wait));
        }
    }
}

/// Calls `begin` when the next phase begins, which returns when the one after it does.
fn wait(begin: Rc<dyn Fn() -> Option<DateTime<Utc>>>) {
    let next = begin();
    let until = next.and_then(|next| (next - now()).to_std().ok());
    // A millisecond more, since timers are cut off.
    let until = until.map_or(LONGEST_WAIT, |until| until + Duration::from_millis(1));
    set_timeout(move || wait(begin), until.min(LONGEST_WAIT));
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
