//! Applies the bounds of a connection while one of its parts runs: the time limits of its phases, eviction,
//! and the shutdown signal.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFuture;

use super::{
    activity::{Activity, ConnectionPhase},
    admission::Permit,
};

/// Watches over one connection.
pub(super) struct Supervision<'a, 's> {
    activity: Arc<Activity>,
    permit: Permit,
    stopping: Pin<&'a mut WaitForCancellationFuture<'s>>,
    /// The moment of the shutdown signal.
    stopped: Option<Instant>,
    timer: Pin<&'a mut Sleep>,
    /// The moment to which the timer is set.
    armed: Instant,
}

impl<'a, 's> Supervision<'a, 's> {
    /// The time to which a timer is set that has no deadline.
    pub(super) const NO_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

    /// Begins to watch. `stopping` becomes ready at the shutdown signal.
    pub(super) fn new(
        activity: Arc<Activity>,
        permit: Permit,
        stopping: Pin<&'a mut WaitForCancellationFuture<'s>>,
        timer: Pin<&'a mut Sleep>,
    ) -> Self {
        Self {
            activity,
            permit,
            stopping,
            stopped: None,
            armed: timer.deadline(),
            timer,
        }
    }

    /// Whether the shutdown signal has come.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopped.is_some()
    }

    /// Polls a part of the connection. It learns once that the shutdown signal has come. Returns `None`
    /// when the connection must be closed.
    pub(super) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut part: impl FnMut(&mut Context<'_>, bool) -> Poll<T>,
    ) -> Poll<Option<T>> {
        let mut stopping = false;
        loop {
            if let Poll::Ready(ended) = part(cx, stopping) {
                return Poll::Ready(Some(ended));
            }
            let phase = self.activity.phase();
            if phase == ConnectionPhase::Busy {
                self.permit.set_busy();
            } else {
                self.permit.set_idle(cx.waker());
                if self.permit.is_evicted() {
                    return Poll::Ready(None);
                }
            }
            if self.stopped.is_none() {
                if self.stopping.as_mut().poll(cx).is_pending() {
                    break;
                }
                self.stopped = Some(Instant::now());
                stopping = true;
                continue;
            }
            if phase.is_waiting() {
                return Poll::Ready(None);
            }
            break;
        }
        self.poll_deadline(cx).map(|()| None)
    }

    /// Becomes ready when the phase of the connection has lasted too long.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // The timer is set again only for an earlier moment, or when it has fired: a busy connection
        // changes its phase thousands of times a second.
        loop {
            let deadline = self.activity.deadline(self.stopped);
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Poll::Ready(());
            }
            if let Some(deadline) = deadline.filter(|deadline| *deadline < self.armed) {
                self.armed = deadline;
                self.timer.as_mut().reset(self.armed);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.armed = deadline.unwrap_or(now + Self::NO_DEADLINE);
            self.timer.as_mut().reset(self.armed);
        }
    }
}
