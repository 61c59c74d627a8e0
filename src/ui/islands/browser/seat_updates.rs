//! Receives the seat updates of a competition.

use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};

use super::dom;
use crate::{
    model::{CompetitionId, SeatsView},
    ui::paths,
};

/// Calls `on_seats` with the current seat counts and with each change.
pub fn subscribe(competition: CompetitionId, on_seats: impl Fn(SeatsView) + 'static) {
    let Ok(source) = EventSource::new(&paths::seat_events(competition)) else {
        return;
    };
    dom::on(
        source.unchecked_ref(),
        "seats",
        move |event: MessageEvent| {
            let seats = event
                .data()
                .as_string()
                .and_then(|text| serde_json::from_str(&text).ok());
            if let Some(seats) = seats {
                on_seats(seats);
            }
        },
    );
}
