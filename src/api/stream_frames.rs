//! Encodes seat updates as events of a stream (server-sent events; WHATWG HTML, section 9.2).

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures::Stream;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::model::LiveView;

/// The last event, when the competition is deleted.
pub(super) const DELETED: Bytes = Bytes::from_static(b"event: deleted\ndata: {}\n\n");

/// Encodes an update as one event, exactly as each listener gets it.
pub(super) fn frame(live: LiveView) -> Bytes {
    let LiveView {
        seats_left,
        capacity,
        waitlisted,
        phase,
        revision,
        results_revision,
    } = live;
    Bytes::from(format!(
        "event: seats\ndata: {{\"seatsLeft\":{seats_left},\"capacity\":{capacity},\"waitlisted\":{waitlisted},\"phase\":\"{phase}\",\"revision\":{revision},\"resultsRevision\":{results_revision}}}\n\n"
    ))
}

/// Returns the frames of one listener, with a heartbeat after each silence. `held` is dropped at the end of the stream.
pub(super) fn frames<H: Send>(
    mut listener: watch::Receiver<Bytes>,
    heartbeat: Duration,
    held: H,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    // Listeners whose streams end at the same time reconnect one after the other.
    let retry = rand::random_range(2000..6000);
    let mut first = listener.borrow_and_update().to_vec();
    first.splice(0..0, format!("retry: {retry}\n").into_bytes());
    let first = Bytes::from(first);
    let next_beat = move || Instant::now() + heartbeat;
    futures::stream::unfold(
        (listener, held, Some(first), next_beat()),
        move |(mut listener, held, first, beat)| async move {
            if let Some(first) = first {
                return Some((Ok(first), (listener, held, None, beat)));
            }
            let bytes = tokio::select! {
                changed = listener.changed() => {
                    changed.ok()?;
                    listener.borrow_and_update().clone()
                }
                () = sleep_until(beat) => Bytes::from_static(b": beat\n\n"),
            };
            Some((Ok(bytes), (listener, held, None, next_beat())))
        },
    )
}
