//! Records what a connection is doing: its transport and its requests write it, and the task that
//! applies the time bounds reads it. All of them run in one task; the atomics only make it `Sync`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

/// How long the head of a request may take: from the accept for the first request, from its first
/// byte for the following ones.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may wait for its next request. It is longer than the 60 s after which common
/// load balancers close their connections, so that the side which sends requests closes first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a peer may read nothing of its response.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a peer may read nothing of its response after the shutdown signal.
const STALL_TIMEOUT_AT_SHUTDOWN: Duration = Duration::from_secs(5);

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionPhase {
    /// The head of a request is expected or arriving.
    Head,
    /// The last response is complete; the next request may come.
    Idle,
    /// A request is in progress, or its response is being written.
    Busy,
    /// The last response is written and the connection is being closed, with a bound of its own.
    Closing,
}

impl ConnectionPhase {
    /// Whether the connection can be closed now without losing a response.
    pub(super) fn is_waiting(self) -> bool {
        matches!(self, Self::Head | Self::Idle)
    }
}

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    accepted: Instant,
    /// Requests whose response is not complete.
    in_progress: AtomicU32,
    /// Whether a head is expected (at first) or has begun to arrive.
    head: AtomicBool,
    /// When the connection began to wait, in milliseconds after the accept.
    waiting_since: AtomicU64,
    /// When the peer stopped reading what is written, in milliseconds after the accept; 0 while it
    /// reads.
    blocked_since: AtomicU64,
    closing: AtomicBool,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            accepted: Instant::now(),
            in_progress: AtomicU32::new(0),
            head: AtomicBool::new(true),
            waiting_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            closing: AtomicBool::new(false),
        }
    }

    /// Returns what the connection is doing.
    pub(super) fn phase(&self) -> ConnectionPhase {
        if self.closing.load(Relaxed) {
            ConnectionPhase::Closing
        } else if self.in_progress.load(Relaxed) > 0 || self.blocked_since.load(Relaxed) > 0 {
            ConnectionPhase::Busy
        } else if self.head.load(Relaxed) {
            ConnectionPhase::Head
        } else {
            ConnectionPhase::Idle
        }
    }

    /// Returns the moment at which the current phase has lasted too long, if the phase is bounded here.
    /// `stopped` is the moment of the shutdown signal.
    pub(super) fn deadline(&self, stopped: Option<Instant>) -> Option<Instant> {
        match self.phase() {
            ConnectionPhase::Head => Some(self.at(&self.waiting_since) + HEAD_TIMEOUT),
            ConnectionPhase::Idle => Some(self.at(&self.waiting_since) + IDLE_TIMEOUT),
            ConnectionPhase::Busy if self.blocked_since.load(Relaxed) > 0 => {
                let blocked = self.at(&self.blocked_since);
                let deadline = blocked + STALL_TIMEOUT;
                Some(stopped.map_or(deadline, |stopped| {
                    deadline.min(blocked.max(stopped) + STALL_TIMEOUT_AT_SHUTDOWN)
                }))
            }
            ConnectionPhase::Busy | ConnectionPhase::Closing => None,
        }
    }

    /// Records that bytes arrived.
    pub(super) fn received(&self) {
        if self.in_progress.load(Relaxed) == 0 && !self.head.swap(true, Relaxed) {
            self.note(&self.waiting_since);
        }
    }

    /// Records that the peer took bytes, or that there are none to take.
    pub(super) fn written(&self) {
        self.blocked_since.store(0, Relaxed);
    }

    /// Records that the peer takes no more bytes at the moment.
    pub(super) fn blocked(&self) {
        if self.blocked_since.load(Relaxed) == 0 {
            self.note(&self.blocked_since);
        }
    }

    /// Whether the peer takes no more bytes at the moment.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked_since.load(Relaxed) > 0
    }

    /// Records that everything is written and the connection is being closed.
    pub(super) fn closing(&self) {
        self.closing.store(true, Relaxed);
    }

    /// Records that a request's head was read. The request is in progress until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> RequestGuard {
        self.in_progress.fetch_add(1, Relaxed);
        RequestGuard(Arc::clone(self))
    }

    /// Stores the current moment, which is never 0.
    fn note(&self, when: &AtomicU64) {
        let elapsed = self.accepted.elapsed().as_millis();
        when.store(u64::try_from(elapsed).unwrap_or(u64::MAX).max(1), Relaxed);
    }

    fn at(&self, when: &AtomicU64) -> Instant {
        self.accepted + Duration::from_millis(when.load(Relaxed))
    }
}

/// A request in progress: it ends when this is dropped.
#[derive(Debug)]
pub(super) struct RequestGuard(Arc<Activity>);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.head.store(false, Relaxed);
        self.0.note(&self.0.waiting_since);
        self.0.in_progress.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the whole seconds from now to a deadline.
    fn seconds_left(deadline: Option<Instant>) -> Option<u64> {
        let left = deadline?.saturating_duration_since(Instant::now());
        Some(left.as_secs_f64().round() as u64)
    }

    #[test]
    fn each_phase_of_a_connection_has_its_own_bound() {
        let activity = Arc::new(Activity::new());
        assert_eq!(activity.phase(), ConnectionPhase::Head);
        assert_eq!(seconds_left(activity.deadline(None)), Some(10));

        let request = activity.begin();
        activity.received();
        assert_eq!(activity.phase(), ConnectionPhase::Busy);
        assert_eq!(activity.deadline(None), None);

        drop(request);
        assert_eq!(activity.phase(), ConnectionPhase::Idle);
        assert_eq!(seconds_left(activity.deadline(None)), Some(75));

        activity.received();
        assert_eq!(activity.phase(), ConnectionPhase::Head);
        let deadline = activity.deadline(None);
        assert_eq!(seconds_left(deadline), Some(10));
        std::thread::sleep(Duration::from_millis(2));
        activity.received();
        assert_eq!(activity.deadline(None), deadline, "from the first byte");
    }

    #[test]
    fn a_peer_that_does_not_read_has_less_time_after_the_shutdown_signal() {
        let activity = Arc::new(Activity::new());
        let request = activity.begin();
        activity.blocked();
        assert_eq!(seconds_left(activity.deadline(None)), Some(30));
        assert_eq!(
            seconds_left(activity.deadline(Some(Instant::now()))),
            Some(5)
        );
        // The response is written, but the peer has not read it yet.
        drop(request);
        assert_eq!(activity.phase(), ConnectionPhase::Busy);
        activity.written();
        assert_eq!(activity.phase(), ConnectionPhase::Idle);
    }
}
