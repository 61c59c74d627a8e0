//! What a connection is doing: noted by its transport and its requests, read by the task that
//! bounds it. All of them run in that one task; atomics only make it `Sync`.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use tokio::time::Instant;

/// How long the head of a request may take: from the accept for the first one, from its first byte
/// for those that follow.
const HEAD: Duration = Duration::from_secs(10);
/// How long a connection may wait for its next request. Longer than the 60 s after which the usual
/// load balancers close theirs, so that the end which still sends closes first.
const IDLE: Duration = Duration::from_secs(75);
/// How long a peer may go without reading anything of its answer.
const STALL: Duration = Duration::from_secs(30);
/// The same after the shutdown signal.
const STALL_AT_SHUTDOWN: Duration = Duration::from_secs(5);

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The head of a request is expected or arriving.
    Head,
    /// A request was answered; the next one may come.
    Idle,
    /// A request is in hand, or its answer is being written.
    Busy,
    /// The answer is written and the connection is being closed, with a bound of its own.
    Closing,
}

impl Phase {
    /// Whether nobody would miss an answer if the connection were closed now.
    pub(super) fn is_waiting(self) -> bool {
        matches!(self, Self::Head | Self::Idle)
    }
}

/// The notes about one connection.
#[derive(Debug)]
pub(super) struct Activity {
    accepted: Instant,
    /// Requests whose answer is not complete.
    in_hand: AtomicU32,
    /// A head is expected (at first) or has begun.
    head: AtomicBool,
    /// When the phase of waiting began, in milliseconds after the accept.
    waiting_since: AtomicU64,
    /// When the peer ceased to take what is written, in the same measure; 0 while it takes it.
    blocked_since: AtomicU64,
    closing: AtomicBool,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            accepted: Instant::now(),
            in_hand: AtomicU32::new(0),
            head: AtomicBool::new(true),
            waiting_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            closing: AtomicBool::new(false),
        }
    }

    /// What the connection is doing.
    pub(super) fn phase(&self) -> Phase {
        if self.closing.load(Relaxed) {
            Phase::Closing
        } else if self.in_hand.load(Relaxed) > 0 || self.blocked_since.load(Relaxed) > 0 {
            Phase::Busy
        } else if self.head.load(Relaxed) {
            Phase::Head
        } else {
            Phase::Idle
        }
    }

    /// When the connection has done this for too long, if there is such a time.
    pub(super) fn due(&self, stopped: Option<Instant>) -> Option<Instant> {
        match self.phase() {
            Phase::Head => Some(self.at(&self.waiting_since) + HEAD),
            Phase::Idle => Some(self.at(&self.waiting_since) + IDLE),
            Phase::Busy if self.blocked_since.load(Relaxed) > 0 => {
                let blocked = self.at(&self.blocked_since);
                let due = blocked + STALL;
                Some(stopped.map_or(due, |stopped| {
                    due.min(blocked.max(stopped) + STALL_AT_SHUTDOWN)
                }))
            }
            Phase::Busy | Phase::Closing => None,
        }
    }

    /// Bytes arrived.
    pub(super) fn received(&self) {
        if self.in_hand.load(Relaxed) == 0 && !self.head.swap(true, Relaxed) {
            self.note(&self.waiting_since);
        }
    }

    /// The peer took some bytes, or there are none for it.
    pub(super) fn written(&self) {
        self.blocked_since.store(0, Relaxed);
    }

    /// The peer takes no more bytes at the moment.
    pub(super) fn blocked(&self) {
        if self.blocked_since.load(Relaxed) == 0 {
            self.note(&self.blocked_since);
        }
    }

    /// Everything is written, and the connection is being closed.
    pub(super) fn closing(&self) {
        self.closing.store(true, Relaxed);
    }

    /// A request's head is read; it is in hand until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> InHand {
        self.in_hand.fetch_add(1, Relaxed);
        InHand(Arc::clone(self))
    }

    fn note(&self, when: &AtomicU64) {
        let elapsed = self.accepted.elapsed().as_millis();
        when.store(u64::try_from(elapsed).unwrap_or(u64::MAX).max(1), Relaxed);
    }

    fn at(&self, when: &AtomicU64) -> Instant {
        self.accepted + Duration::from_millis(when.load(Relaxed))
    }
}

/// A request in hand.
#[derive(Debug)]
pub(super) struct InHand(Arc<Activity>);

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.head.store(false, Relaxed);
        self.0.note(&self.0.waiting_since);
        self.0.in_hand.fetch_sub(1, Relaxed);
    }
}

/// The body of an answer, whose request is in hand until its end.
pub(super) struct Answer {
    body: Body,
    _in_hand: InHand,
}

impl Answer {
    pub(super) fn new(body: Body, in_hand: InHand) -> Self {
        Self {
            body,
            _in_hand: in_hand,
        }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long from now that is, as the bounds are: in whole seconds.
    fn left(due: Option<Instant>) -> Option<u64> {
        let left = due?.saturating_duration_since(Instant::now());
        Some(left.as_secs_f64().round() as u64)
    }

    #[test]
    fn a_connection_goes_from_head_to_request_to_idle_and_each_has_its_bound() {
        let activity = Arc::new(Activity::new());
        assert_eq!(activity.phase(), Phase::Head);
        assert_eq!(left(activity.due(None)), Some(10));

        let in_hand = activity.begin();
        activity.received();
        assert_eq!(activity.phase(), Phase::Busy);
        assert_eq!(activity.due(None), None);

        drop(in_hand);
        assert_eq!(activity.phase(), Phase::Idle);
        assert_eq!(left(activity.due(None)), Some(75));

        activity.received();
        assert_eq!(activity.phase(), Phase::Head);
        let due = activity.due(None);
        assert_eq!(left(due), Some(10));
        std::thread::sleep(Duration::from_millis(2));
        activity.received();
        assert_eq!(activity.due(None), due, "from the first byte");
    }

    #[test]
    fn who_does_not_read_has_less_time_after_the_shutdown_signal() {
        let activity = Arc::new(Activity::new());
        let in_hand = activity.begin();
        activity.blocked();
        assert_eq!(left(activity.due(None)), Some(30));
        assert_eq!(left(activity.due(Some(Instant::now()))), Some(5));
        // What is written is not yet with the peer.
        drop(in_hand);
        assert_eq!(activity.phase(), Phase::Busy);
        activity.written();
        assert_eq!(activity.phase(), Phase::Idle);
    }
}
