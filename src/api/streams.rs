//! Live seats for many listeners: each change is written down once and handed to all of them (how
//! often there is one, the domain decides: a rush reaches us as a few changes a second).
//!
//! A competition that somebody listens to has one task here, which turns its changes into frames
//! of an event stream. It ends with the last listener, with the competition (which is the last
//! event), or at shutdown; all streams then end by themselves, since their channel is closed. A stream
//! that is only waiting costs a receiver and a timer.
//!
//! A draft has few listeners, and each may listen only as long as they may see it: each has a task of
//! its own that asks again before every change and every few seconds.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::Stream;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::stream_slots::{StreamLimits, StreamSlot, StreamSlots};
use crate::{
    domain::{
        self, ClientAddress,
        competitions::{Competitions, SeatSubscription},
    },
    model::{CompetitionId, SeatsView, UserId},
};

/// Rest after each change, for every listener: ten thousand are told three times a second and not
/// five, since in a rush the processor has better things to do than to write fifty thousand events.
const REST_EACH: Duration = Duration::from_micros(30);
/// No more than that, so that the last number is with everybody within a second.
const LONGEST_REST: Duration = Duration::from_millis(400);
/// Proxies cut streams that are silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The last event, when the competition is deleted.
const DELETED: Bytes = Bytes::from_static(b"event: deleted\ndata: {}\n\n");

/// The event streams of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Streams {
    rooms: Arc<Mutex<HashMap<CompetitionId, watch::Sender<Bytes>>>>,
    slots: StreamSlots,
    stop: CancellationToken,
    heartbeat: Duration,
}

/// Who listens, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listener {
    /// Where the request came from.
    pub address: Option<ClientAddress>,
    /// The account it proved.
    pub account: Option<UserId>,
}

impl Streams {
    /// No streams yet; all end when `stop` is cancelled.
    #[must_use]
    pub fn new(limits: StreamLimits, stop: CancellationToken) -> Self {
        Self {
            rooms: Arc::default(),
            slots: StreamSlots::new(limits),
            stop,
            heartbeat: HEARTBEAT,
        }
    }

    /// The stream of a competition's live numbers for one listener, as bytes of `text/event-stream`: the
    /// current ones first, then each change, then its end.
    ///
    /// # Errors
    /// When there is no such competition, it is a draft that the listener may not see, or there are as
    /// many streams as may be (in total, to this address, to this account).
    pub async fn stream(
        &self,
        competitions: &Competitions,
        id: CompetitionId,
        to: Listener,
    ) -> domain::Result<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<>> {
        let slot = self.slots.take(to.address, to.account)?;
        let viewer = to.account;
        // What is shared is public: what was published never becomes a draft again.
        let listener = match self.join(id) {
            Some(listener) => listener,
            None => {
                let SeatSubscription { seats, draft } = competitions.watch(id, viewer).await?;
                if draft {
                    self.open_draft(competitions.clone(), id, viewer, seats)
                } else {
                    self.open(id, seats)
                }
            }
        };
        Ok(frames(listener, self.heartbeat, Some(slot)))
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<CompetitionId, watch::Sender<Bytes>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, id: CompetitionId) -> Option<watch::Receiver<Bytes>> {
        self.rooms().get(&id).map(watch::Sender::subscribe)
    }

    fn open(
        &self,
        id: CompetitionId,
        source: watch::Receiver<SeatsView>,
    ) -> watch::Receiver<Bytes> {
        let mut rooms = self.rooms();
        // Somebody else may have opened it in the meantime.
        if let Some(room) = rooms.get(&id) {
            return room.subscribe();
        }
        let (sender, listener) = watch::channel(frame(*source.borrow()));
        rooms.insert(id, sender);
        drop(rooms);
        tokio::spawn(self.clone().serve(id, source));
        listener
    }

    fn open_draft(
        &self,
        competitions: Competitions,
        id: CompetitionId,
        viewer: Option<UserId>,
        source: watch::Receiver<SeatsView>,
    ) -> watch::Receiver<Bytes> {
        let (sender, listener) = watch::channel(frame(*source.borrow()));
        let may_see = move || {
            let competitions = competitions.clone();
            async move { competitions.is_draft_for(id, viewer).await.is_ok() }
        };
        tokio::spawn(self.clone().serve_one(sender, source, may_see));
        listener
    }

    /// Writes frames for one listener, as long as they may see them.
    async fn serve_one<F: Future<Output = bool>>(
        self,
        listener: watch::Sender<Bytes>,
        mut source: watch::Receiver<SeatsView>,
        may_see: impl Fn() -> F,
    ) {
        let mut again = tokio::time::interval(self.heartbeat);
        loop {
            let changed = tokio::select! {
                () = self.stop.cancelled() => return,
                () = listener.closed() => return,
                _ = again.tick() => false,
                changed = source.changed() => {
                    if changed.is_err() {
                        listener.send_replace(DELETED);
                        return;
                    }
                    true
                }
            };
            if !may_see().await {
                return;
            }
            if changed {
                listener.send_replace(frame(*source.borrow_and_update()));
            }
        }
    }

    /// Writes frames until nobody listens any more.
    async fn serve(self, id: CompetitionId, mut source: watch::Receiver<SeatsView>) {
        let mut empty = tokio::time::interval(self.heartbeat);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                changed = source.changed() => {
                    if changed.is_err() {
                        if let Some(room) = self.rooms().remove(&id) {
                            room.send_replace(DELETED);
                        }
                        return;
                    }
                    let bytes = frame(*source.borrow_and_update());
                    let listeners = self.rooms().get(&id).map_or(0, |room| {
                        room.send_replace(bytes);
                        room.receiver_count()
                    });
                    sleep(rest(listeners)).await;
                }
                _ = empty.tick() => {
                    let mut rooms = self.rooms();
                    // Under the lock: nobody can join between the look and the removal.
                    if rooms.get(&id).is_none_or(|room| room.receiver_count() == 0) {
                        rooms.remove(&id);
                        return;
                    }
                }
            }
        }
        self.rooms().remove(&id);
    }
}

fn rest(listeners: usize) -> Duration {
    let listeners = u32::try_from(listeners).unwrap_or(u32::MAX);
    REST_EACH.saturating_mul(listeners).min(LONGEST_REST)
}

/// One event: exactly what each listener gets.
fn frame(seats: SeatsView) -> Bytes {
    let SeatsView {
        seats_left,
        capacity,
        waitlisted,
    } = seats;
    Bytes::from(format!(
        "event: seats\ndata: {{\"seatsLeft\":{seats_left},\"capacity\":{capacity},\"waitlisted\":{waitlisted}}}\n\n"
    ))
}

/// The frames of one listener, with heartbeats in the silences.
fn frames(
    mut listener: watch::Receiver<Bytes>,
    heartbeat: Duration,
    slot: Option<StreamSlot>,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    // Listeners that lose us together come back one after the other.
    let retry = rand::random_range(2000..6000);
    let mut first = listener.borrow_and_update().to_vec();
    first.splice(0..0, format!("retry: {retry}\n").into_bytes());
    let first = Bytes::from(first);
    let next_beat = move || Instant::now() + heartbeat;
    futures::stream::unfold(
        (listener, slot, Some(first), next_beat()),
        move |(mut listener, slot, first, beat)| async move {
            if let Some(first) = first {
                return Some((Ok(first), (listener, slot, None, beat)));
            }
            let bytes = tokio::select! {
                changed = listener.changed() => {
                    changed.ok()?;
                    listener.borrow_and_update().clone()
                }
                () = sleep_until(beat) => Bytes::from_static(b": beat\n\n"),
            };
            Some((Ok(bytes), (listener, slot, None, next_beat())))
        },
    )
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    const LIMITS: StreamLimits = StreamLimits {
        total: 10,
        per_address: 10,
        per_account: 10,
    };

    fn quick(stop: CancellationToken) -> Streams {
        Streams {
            heartbeat: Duration::from_millis(20),
            ..Streams::new(LIMITS, stop)
        }
    }

    fn seats(left: u32) -> SeatsView {
        SeatsView {
            seats_left: left,
            capacity: 10,
            waitlisted: 0,
        }
    }

    async fn next(stream: &mut (impl Stream<Item = Result<Bytes, Infallible>> + Unpin)) -> String {
        let Some(Ok(bytes)) = stream.next().await else {
            return "the end".to_owned();
        };
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[tokio::test]
    async fn a_listener_hears_the_current_numbers_then_each_change_then_silence_is_filled() {
        let hub = quick(CancellationToken::new());
        let (source, watch) = watch::channel(seats(3));
        let mut stream = Box::pin(frames(
            hub.open(CompetitionId::new(), watch),
            hub.heartbeat,
            None,
        ));
        assert!(next(&mut stream).await.ends_with(
            "event: seats\ndata: {\"seatsLeft\":3,\"capacity\":10,\"waitlisted\":0}\n\n"
        ));
        source.send_replace(seats(2));
        assert!(next(&mut stream).await.contains("\"seatsLeft\":2"));
        assert_eq!(next(&mut stream).await, ": beat\n\n");
    }

    #[test]
    fn a_few_listeners_hear_every_change_and_very_many_at_least_two_a_second() {
        assert!(rest(10) < Duration::from_millis(1));
        assert!(rest(10_000) < Duration::from_millis(500));
        assert_eq!(rest(usize::MAX), LONGEST_REST);
    }

    #[tokio::test]
    async fn streams_end_at_shutdown_and_with_the_competition() {
        let stop = CancellationToken::new();
        let hub = Streams::new(LIMITS, stop.clone());
        let (_source, watch) = watch::channel(seats(3));
        let mut stream = Box::pin(frames(
            hub.open(CompetitionId::new(), watch),
            hub.heartbeat,
            None,
        ));
        let (gone, watch) = watch::channel(seats(3));
        let mut other = Box::pin(frames(
            hub.open(CompetitionId::new(), watch),
            hub.heartbeat,
            None,
        ));
        next(&mut stream).await;
        next(&mut other).await;
        drop(gone);
        assert_eq!(next(&mut other).await, "event: deleted\ndata: {}\n\n");
        assert_eq!(next(&mut other).await, "the end");
        stop.cancel();
        assert_eq!(next(&mut stream).await, "the end");
    }

    #[tokio::test]
    async fn who_may_not_see_a_draft_any_more_hears_no_further_number() {
        let hub = Streams::new(LIMITS, CancellationToken::new());
        let (source, watch) = watch::channel(seats(3));
        let (sender, listener) = watch::channel(frame(seats(3)));
        let may_see = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let asked = Arc::clone(&may_see);
        let look = move || {
            let sees = asked.load(std::sync::atomic::Ordering::Relaxed);
            async move { sees }
        };
        tokio::spawn(hub.clone().serve_one(sender, watch, look));
        let mut stream = Box::pin(frames(listener, hub.heartbeat, None));
        next(&mut stream).await;
        source.send_replace(seats(2));
        assert!(next(&mut stream).await.contains("\"seatsLeft\":2"));
        may_see.store(false, std::sync::atomic::Ordering::Relaxed);
        source.send_replace(seats(1));
        assert_eq!(next(&mut stream).await, "the end");
    }

    #[tokio::test]
    async fn a_room_without_listeners_is_closed() {
        let hub = quick(CancellationToken::new());
        let (_source, watch) = watch::channel(seats(3));
        drop(hub.open(CompetitionId::new(), watch));
        while !hub.rooms().is_empty() {
            tokio::task::yield_now().await;
        }
    }
}
