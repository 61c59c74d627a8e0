//! How many participants are checked in, as server-sent events (WHATWG HTML, section 9.2).
//!
//! Each stream asks for the numbers once a second. All streams of a process share the answer, so their number does not
//! matter to the database.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::stream_slots::StreamSlot;
use crate::{
    domain::{self, Actor, check_in::CheckIns},
    model::{CheckInCounts, CompetitionId},
};

/// How often the numbers are asked for.
const PERIOD: Duration = Duration::from_secs(1);
/// The longest silence of a stream: proxies close streams that are silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream stays open. Then the client opens another one, and its account is read again.
const MAX_AGE: Duration = Duration::from_secs(15 * 60);

/// What a stream needs to go on.
struct Watcher {
    check_ins: CheckIns,
    actor: Actor,
    competition: CompetitionId,
    shown: CheckInCounts,
    first: bool,
    last_sent: Instant,
    ends_at: Instant,
    stop: CancellationToken,
    _slot: StreamSlot,
}

/// Returns the response with the stream, which begins with these numbers.
pub(super) fn respond(
    check_ins: CheckIns,
    actor: Actor,
    competition: CompetitionId,
    shown: CheckInCounts,
    slot: StreamSlot,
    stop: CancellationToken,
) -> Response {
    let now = Instant::now();
    let watcher = Watcher {
        check_ins,
        actor,
        competition,
        shown,
        first: true,
        last_sent: now,
        ends_at: now + MAX_AGE,
        stop,
        _slot: slot,
    };
    let events = futures::stream::unfold(watcher, |mut watcher| async move {
        let bytes = watcher.next().await?;
        watcher.last_sent = Instant::now();
        Some((Ok::<_, Infallible>(bytes), watcher))
    });
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // Otherwise nginx would buffer the events.
        ("x-accel-buffering", "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

impl Watcher {
    /// Waits for what is sent next; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.first) {
            // Listeners whose streams end at the same time reconnect one after the other.
            let retry = rand::random_range(2000..6000);
            return Some(format!("retry: {retry}\n{}", frame(self.shown)).into());
        }
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = sleep_until(self.ends_at) => return None,
                () = sleep(PERIOD) => {}
            }
            match self
                .check_ins
                .recent_counts(self.actor, self.competition)
                .await
            {
                Ok(counts) if counts != self.shown => {
                    self.shown = counts;
                    return Some(frame(counts).into());
                }
                Ok(_) => {}
                // The role was taken away, or the competition deleted.
                Err(domain::Error::Domain(_)) => return None,
                // An outage: the numbers come when it is over.
                Err(domain::Error::Infrastructure(_)) => {}
            }
            if self.last_sent.elapsed() >= HEARTBEAT {
                return Some(Bytes::from_static(b": beat\n\n"));
            }
        }
    }
}

/// Encodes the numbers as an event.
fn frame(counts: CheckInCounts) -> String {
    let CheckInCounts {
        checked_in,
        expected,
    } = counts;
    format!("event: check-ins\ndata: {{\"checkedIn\":{checked_in},\"expected\":{expected}}}\n\n")
}
