//! A circuit breaker: while Redis is unavailable, only one caller at a time tries it again.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// How long after a failure no caller tries Redis; then a single one does.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);

/// Closed while Redis responds, open after one failure, closed again by one response. While it is open,
/// one caller in each [`PROBE_INTERVAL`] is admitted as a probe.
#[derive(Debug)]
pub(super) struct CircuitBreaker {
    start: Instant,
    /// The time of the next probe, in milliseconds since `start`; zero while closed.
    next_probe: AtomicU64,
}

impl CircuitBreaker {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            next_probe: AtomicU64::new(0),
        }
    }

    /// Returns whether this caller may send a command.
    pub(super) fn admits(&self) -> bool {
        let next_probe = self.next_probe.load(Ordering::Relaxed);
        if next_probe == 0 {
            return true;
        }
        // The caller that moves the time of the next probe is the probe. If it is cancelled, the next one
        // follows after one interval.
        let now = self.now();
        now >= next_probe && {
            let after = now + millis(PROBE_INTERVAL);
            self.next_probe
                .compare_exchange(next_probe, after, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        }
    }

    /// Records a response. Returns `true` if the breaker was open.
    pub(super) fn close(&self) -> bool {
        // Read first: the common case should not write to a cache line that all cores share.
        self.next_probe.load(Ordering::Relaxed) != 0
            && self.next_probe.swap(0, Ordering::Relaxed) != 0
    }

    /// Records a failure. Returns `true` if the breaker was closed.
    pub(super) fn open(&self) -> bool {
        let next_probe = self.now() + millis(PROBE_INTERVAL);
        self.next_probe.swap(next_probe, Ordering::Relaxed) == 0
    }

    fn now(&self) -> u64 {
        millis(self.start.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An open breaker that was created about `elapsed` ago.
    fn breaker_after(elapsed: Duration) -> CircuitBreaker {
        CircuitBreaker {
            start: Instant::now()
                .checked_sub(elapsed)
                .unwrap_or_else(Instant::now),
            next_probe: AtomicU64::new(1),
        }
    }

    #[test]
    fn a_failure_rejects_all_callers() {
        let breaker = CircuitBreaker::new();
        assert!(breaker.admits());
        assert!(breaker.open(), "the first failure opens it");
        assert!(!breaker.admits());
        assert!(!breaker.open(), "it is open already");
    }

    #[test]
    fn after_the_interval_one_probe_is_admitted_and_others_are_not() {
        let breaker = breaker_after(PROBE_INTERVAL);
        assert!(breaker.admits());
        assert!(!breaker.admits());
    }

    #[test]
    fn one_response_admits_all_callers_again() {
        let breaker = CircuitBreaker::new();
        breaker.open();
        assert!(breaker.close(), "the response closes it");
        assert!(!breaker.close());
        assert!(breaker.admits() && breaker.admits());
    }
}
