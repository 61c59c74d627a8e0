//! Remembers that Redis is away, so that only one caller at a time finds out again.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// For this long after a failure nobody asks; then one caller may.
const PAUSE: Duration = Duration::from_millis(500);

/// A circuit breaker: closed while Redis answers, open after one failure, closed again by one
/// answer. While it is open, one caller in each [`PAUSE`] is let through as a probe.
#[derive(Debug)]
pub(super) struct Breaker {
    start: Instant,
    /// When the next probe may go, in milliseconds since `start`; zero while closed.
    next_probe: AtomicU64,
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            next_probe: AtomicU64::new(0),
        }
    }

    /// Whether this caller may ask Redis.
    pub(super) fn admits(&self) -> bool {
        let next_probe = self.next_probe.load(Ordering::Relaxed);
        if next_probe == 0 {
            return true;
        }
        // Whoever moves the time of the next probe is this one; a probe that never comes back
        // (a caller that went away) costs one pause.
        let now = self.now();
        now >= next_probe && {
            let after = now + millis(PAUSE);
            self.next_probe
                .compare_exchange(next_probe, after, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        }
    }

    /// Redis answered. `true` if it had been away.
    pub(super) fn close(&self) -> bool {
        // Read first: the common case should not write to a line that all cores share.
        self.next_probe.load(Ordering::Relaxed) != 0
            && self.next_probe.swap(0, Ordering::Relaxed) != 0
    }

    /// Redis did not answer. `true` if it had answered before.
    pub(super) fn open(&self) -> bool {
        let next_probe = self.now() + millis(PAUSE);
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

    /// A breaker whose clock stands `elapsed` after its start (give or take the test's own time).
    fn breaker_at(elapsed: Duration) -> Breaker {
        Breaker {
            start: Instant::now()
                .checked_sub(elapsed)
                .unwrap_or_else(Instant::now),
            next_probe: AtomicU64::new(1),
        }
    }

    #[test]
    fn a_failure_stops_everyone_at_once() {
        let breaker = Breaker::new();
        assert!(breaker.admits());
        assert!(breaker.open(), "the first failure is news");
        assert!(!breaker.admits());
        assert!(!breaker.open(), "the second is not");
    }

    #[test]
    fn after_the_pause_one_probe_goes_and_the_others_wait_for_it() {
        let breaker = breaker_at(PAUSE);
        assert!(breaker.admits());
        assert!(!breaker.admits());
    }

    #[test]
    fn one_answer_lets_everyone_through_again() {
        let breaker = Breaker::new();
        breaker.open();
        assert!(breaker.close(), "being back is news");
        assert!(!breaker.close());
        assert!(breaker.admits() && breaker.admits());
    }
}
