//! Sends live seat updates to many listeners: each update is encoded once and shared by all of them. The
//! domain decides how often there is one, at most a few times a second.
//!
//! Each competition with listeners has one task, which encodes its updates as frames of an event stream.
//! The task ends with the last listener, when the competition is deleted (which is the last event), or
//! at shutdown. Its channel closes then, and so do all its streams. An idle stream costs a receiver and
//! a timer.
//!
//! A draft has few listeners, and each may listen only while its account may see the draft. Each
//! therefore has a task of its own, which checks this again before every update and at each heartbeat.

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
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    stream_frames::{DELETED, frame, frames},
    stream_slots::{StreamLimits, StreamSlot, StreamSlots},
};
use crate::{
    domain::{
        self, ClientAddress,
        competitions::{Competitions, SeatSubscription},
        stream_counts::StreamCounts,
    },
    model::{CompetitionId, DomainError, LiveView, UserId},
};

/// The pause after an update for each listener: ten thousand listeners get three updates a second and
/// not five, since during a rush the processor must serve registrations first.
const PAUSE_PER_LISTENER: Duration = Duration::from_micros(30);
/// The longest pause after an update, so that the last update reaches every listener within a second.
const MAX_PAUSE: Duration = Duration::from_millis(400);
/// The longest silence of a stream: proxies close streams that are silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long the source of a deleted competition may take to close after the deletion was committed.
const DELETION_DELAY: Duration = Duration::from_secs(1);

/// The event streams of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Streams {
    channels: Arc<Mutex<HashMap<CompetitionId, watch::Sender<Bytes>>>>,
    slots: StreamSlots,
    /// Counts the open streams of each competition.
    counts: Option<StreamCounts>,
    stop: CancellationToken,
    heartbeat: Duration,
}

/// The client that listens to a stream, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listener {
    /// The address of the client.
    pub address: Option<ClientAddress>,
    /// The account that the request proved.
    pub account: Option<UserId>,
}

impl Streams {
    /// Creates the registry of streams; all streams end when `stop` is cancelled.
    #[must_use]
    pub fn new(limits: StreamLimits, stop: CancellationToken) -> Self {
        Self {
            channels: Arc::default(),
            slots: StreamSlots::new(limits),
            counts: None,
            stop,
            heartbeat: HEARTBEAT,
        }
    }

    /// Counts the open streams of each competition there.
    #[must_use]
    pub fn counted_by(self, counts: StreamCounts) -> Self {
        Self {
            counts: Some(counts),
            ..self
        }
    }

    /// Returns the stream of a competition's seat updates for one listener, as bytes of
    /// `text/event-stream`: the current numbers first, then each update, then the deletion if there is one.
    ///
    /// # Errors
    /// Returns an error if there is no such competition, if it is a draft that the listener may not see,
    /// or if the number of streams is at a bound (in total, to this address, to this account).
    pub async fn stream(
        &self,
        competitions: &Competitions,
        id: CompetitionId,
        to: Listener,
    ) -> domain::Result<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<>> {
        let slot = self.slots.take(to.address, to.account)?;
        let viewer = to.account;
        // A shared channel is public: a published competition never becomes a draft again.
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
        let counted = self.counts.as_ref().map(|counts| counts.join(id));
        Ok(frames(listener, self.heartbeat, (slot, counted)))
    }

    /// Counts a stream of another kind to this listener, within the same bounds.
    ///
    /// # Errors
    /// Returns an error if the number of streams is at a bound.
    pub(super) fn take_slot(&self, to: Listener) -> Result<StreamSlot, DomainError> {
        self.slots.take(to.address, to.account)
    }

    /// Returns the signal at which all streams end.
    pub(super) fn stop_signal(&self) -> CancellationToken {
        self.stop.clone()
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<CompetitionId, watch::Sender<Bytes>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, id: CompetitionId) -> Option<watch::Receiver<Bytes>> {
        self.channels().get(&id).map(watch::Sender::subscribe)
    }

    fn open(&self, id: CompetitionId, source: watch::Receiver<LiveView>) -> watch::Receiver<Bytes> {
        let mut channels = self.channels();
        // Another request may have opened the channel in the meantime.
        if let Some(channel) = channels.get(&id) {
            return channel.subscribe();
        }
        let (sender, listener) = watch::channel(frame(*source.borrow()));
        channels.insert(id, sender);
        drop(channels);
        tokio::spawn(self.clone().serve(id, source));
        listener
    }

    fn open_draft(
        &self,
        competitions: Competitions,
        id: CompetitionId,
        viewer: Option<UserId>,
        source: watch::Receiver<LiveView>,
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
        mut source: watch::Receiver<LiveView>,
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
                // A deletion takes the permission away first and closes the source right after.
                let closed = async { while source.changed().await.is_ok() {} };
                if timeout(DELETION_DELAY, closed).await.is_ok() {
                    listener.send_replace(DELETED);
                }
                return;
            }
            if changed {
                listener.send_replace(frame(*source.borrow_and_update()));
            }
        }
    }

    /// Encodes updates as frames until there is no listener any more.
    async fn serve(self, id: CompetitionId, mut source: watch::Receiver<LiveView>) {
        let mut empty = tokio::time::interval(self.heartbeat);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                changed = source.changed() => {
                    if changed.is_err() {
                        if let Some(channel) = self.channels().remove(&id) {
                            channel.send_replace(DELETED);
                        }
                        return;
                    }
                    let bytes = frame(*source.borrow_and_update());
                    let listeners = self.channels().get(&id).map_or(0, |channel| {
                        channel.send_replace(bytes);
                        channel.receiver_count()
                    });
                    sleep(pause(listeners)).await;
                }
                _ = empty.tick() => {
                    let mut channels = self.channels();
                    // Under the lock, so that no listener can join between the check and the removal.
                    if channels.get(&id).is_none_or(|channel| channel.receiver_count() == 0) {
                        channels.remove(&id);
                        return;
                    }
                }
            }
        }
        self.channels().remove(&id);
    }
}

/// Returns the pause after an update that was sent to so many listeners.
fn pause(listeners: usize) -> Duration {
    let listeners = u32::try_from(listeners).unwrap_or(u32::MAX);
    PAUSE_PER_LISTENER.saturating_mul(listeners).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;
    use crate::model::Phase;

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

    fn seats(left: u32) -> LiveView {
        LiveView {
            seats_left: left,
            capacity: 10,
            waitlisted: 0,
            phase: Phase::Open,
            revision: 4,
            results_revision: 7,
        }
    }

    async fn next(stream: &mut (impl Stream<Item = Result<Bytes, Infallible>> + Unpin)) -> String {
        let Some(Ok(bytes)) = stream.next().await else {
            return "the end".to_owned();
        };
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[tokio::test]
    async fn a_listener_gets_the_current_numbers_then_each_update_then_heartbeats() {
        let hub = quick(CancellationToken::new());
        let (source, watch) = watch::channel(seats(3));
        let mut stream = Box::pin(frames(
            hub.open(CompetitionId::new(), watch),
            hub.heartbeat,
            (),
        ));
        assert!(next(&mut stream).await.ends_with(
            "event: seats\ndata: {\"seatsLeft\":3,\"capacity\":10,\"waitlisted\":0,\"phase\":\"OPEN\",\"revision\":4,\"resultsRevision\":7}\n\n"
        ));
        source.send_replace(seats(2));
        assert!(next(&mut stream).await.contains("\"seatsLeft\":2"));
        assert_eq!(next(&mut stream).await, ": beat\n\n");
    }

    #[test]
    fn a_few_listeners_get_every_update_and_very_many_at_least_two_a_second() {
        assert!(pause(10) < Duration::from_millis(1));
        assert!(pause(10_000) < Duration::from_millis(500));
        assert_eq!(pause(usize::MAX), MAX_PAUSE);
    }

    #[tokio::test]
    async fn streams_end_at_shutdown_and_when_the_competition_is_deleted() {
        let stop = CancellationToken::new();
        let hub = Streams::new(LIMITS, stop.clone());
        let (_source, watch) = watch::channel(seats(3));
        let mut stream = Box::pin(frames(
            hub.open(CompetitionId::new(), watch),
            hub.heartbeat,
            (),
        ));
        let (gone, watch) = watch::channel(seats(3));
        let mut other = Box::pin(frames(
            hub.open(CompetitionId::new(), watch),
            hub.heartbeat,
            (),
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
    async fn a_listener_that_may_not_see_a_draft_any_more_gets_no_update() {
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
        let mut stream = Box::pin(frames(listener, hub.heartbeat, ()));
        next(&mut stream).await;
        source.send_replace(seats(2));
        assert!(next(&mut stream).await.contains("\"seatsLeft\":2"));
        may_see.store(false, std::sync::atomic::Ordering::Relaxed);
        source.send_replace(seats(1));
        assert_eq!(next(&mut stream).await, "the end");
    }

    #[tokio::test]
    async fn a_draft_that_is_deleted_says_so_although_the_permission_went_first() {
        let hub = quick(CancellationToken::new());
        let (source, watch) = watch::channel(seats(3));
        let (sender, listener) = watch::channel(frame(seats(3)));
        let asked = Arc::new(tokio::sync::Notify::new());
        let asking = Arc::clone(&asked);
        let look = move || {
            asking.notify_one();
            async { false }
        };
        tokio::spawn(hub.clone().serve_one(sender, watch, look));
        let mut stream = Box::pin(frames(listener, Duration::from_secs(60), ()));
        next(&mut stream).await;
        asked.notified().await;
        drop(source);
        assert_eq!(next(&mut stream).await, "event: deleted\ndata: {}\n\n");
        assert_eq!(next(&mut stream).await, "the end");
    }

    #[tokio::test]
    async fn a_channel_without_listeners_is_closed() {
        let hub = quick(CancellationToken::new());
        let (_source, watch) = watch::channel(seats(3));
        drop(hub.open(CompetitionId::new(), watch));
        while !hub.channels().is_empty() {
            tokio::task::yield_now().await;
        }
    }
}
