//! What a scan of a ticket changes: a pure function.
//!
//! | before | scan | after |
//! | --- | --- | --- |
//! | no check-in | any | the scan counts |
//! | checked in | earlier | the scan counts instead |
//! | checked in | later, or at the same time | nothing changes |
//! | undone | made after the undoing | the scan counts |
//! | undone | made before the undoing | nothing changes, and the scan is refused |
//!
//! Whoever undoes a check-in knows more than any scan from before, so such a scan has no effect however late it
//! arrives, also when the participant was checked in again meanwhile. So the time that counts is the earliest one after
//! the last undoing, and the order in which devices send their scans makes no difference to it.

use chrono::{DateTime, Utc};

use crate::model::UserId;

/// A scan that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CountedScan {
    pub at: DateTime<Utc>,
    /// The account that scanned; none if it does not exist any more.
    pub by: Option<UserId>,
    pub device: Option<String>,
}

/// What is known about the check-in of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CheckInState {
    /// The scan that counts, or did before it was undone.
    pub scan: CountedScan,
    pub undone_at: Option<DateTime<Utc>>,
    /// Scans up to this time have no effect.
    pub not_before: Option<DateTime<Utc>>,
}

/// What has become of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merged {
    /// It counts, and did not before.
    Counts,
    /// It has counted already: a device has sent it again.
    Repeated,
    /// Another scan counts instead of it.
    Later,
    /// The check-in was undone after it.
    Undone,
}

impl CheckInState {
    /// Returns whether the participant is checked in.
    pub(super) const fn is_checked_in(&self) -> bool {
        self.undone_at.is_none()
    }

    /// Undoes the check-in. Returns whether there was one.
    pub(super) fn undo(&mut self, now: DateTime<Utc>) -> bool {
        if !self.is_checked_in() {
            return false;
        }
        self.undone_at = Some(now);
        self.not_before = self.not_before.max(Some(now));
        true
    }
}

/// Merges a scan into what is known. `sent_later` tells that a device says when it was made, so that the same scan may
/// arrive again.
pub(super) fn merge(
    state: &mut Option<CheckInState>,
    scan: &CountedScan,
    sent_later: bool,
) -> Merged {
    let Some(known) = state else {
        *state = Some(CheckInState {
            scan: scan.clone(),
            undone_at: None,
            not_before: None,
        });
        return Merged::Counts;
    };
    // A scan that is made now is made after everything that has happened.
    let is_old = sent_later && known.not_before.is_some_and(|after| scan.at <= after);
    if is_old {
        return match known.is_checked_in() {
            true => Merged::Later,
            false => Merged::Undone,
        };
    }
    if known.is_checked_in() {
        if sent_later && known.scan == *scan {
            return Merged::Repeated;
        }
        if known.scan.at <= scan.at {
            return Merged::Later;
        }
    }
    known.scan = scan.clone();
    known.undone_at = None;
    Merged::Counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second)
    }

    fn scan(second: i64, device: &str) -> CountedScan {
        CountedScan {
            at: time(second),
            by: None,
            device: Some(device.to_owned()),
        }
    }

    #[test]
    fn the_earliest_scan_counts_and_a_repeat_of_it_is_recognized() {
        let mut state = None;
        assert_eq!(merge(&mut state, &scan(10, "a"), true), Merged::Counts);
        assert_eq!(merge(&mut state, &scan(10, "a"), true), Merged::Repeated);
        assert_eq!(merge(&mut state, &scan(12, "b"), true), Merged::Later);
        assert_eq!(merge(&mut state, &scan(10, "b"), true), Merged::Later);
        assert_eq!(merge(&mut state, &scan(7, "b"), true), Merged::Counts);
        assert_eq!(merge(&mut state, &scan(10, "a"), true), Merged::Later);
        assert_eq!(state.unwrap().scan, scan(7, "b"));
    }

    #[test]
    fn two_scans_at_the_door_within_one_tick_of_the_clock_are_not_the_same() {
        let mut state = None;
        assert_eq!(merge(&mut state, &scan(10, "a"), false), Merged::Counts);
        assert_eq!(merge(&mut state, &scan(10, "a"), false), Merged::Later);
    }

    #[test]
    fn a_scan_from_before_an_undoing_has_no_effect_and_one_from_after_it_counts() {
        let mut state = None;
        merge(&mut state, &scan(10, "a"), true);
        let known = state.as_mut().unwrap();
        assert!(known.undo(time(20)));
        assert!(!known.undo(time(25)), "there is nothing to undo");
        for old in [scan(10, "a"), scan(15, "b"), scan(20, "b")] {
            assert_eq!(merge(&mut state, &old, true), Merged::Undone, "{old:?}");
        }
        assert_eq!(merge(&mut state, &scan(30, "b"), true), Merged::Counts);
        assert_eq!(merge(&mut state, &scan(15, "c"), true), Merged::Later);
        assert_eq!(merge(&mut state, &scan(22, "c"), true), Merged::Counts);
        let known = state.unwrap();
        assert_eq!(
            (known.scan, known.not_before),
            (scan(22, "c"), Some(time(20)))
        );
    }

    #[test]
    fn a_scan_that_is_made_now_counts_right_after_an_undoing() {
        let mut state = None;
        merge(&mut state, &scan(10, "a"), false);
        state.as_mut().unwrap().undo(time(20));
        assert_eq!(merge(&mut state, &scan(20, "a"), false), Merged::Counts);
    }

    proptest! {
        /// Devices may send their scans in any order, and more than once.
        #[test]
        fn the_time_that_counts_does_not_depend_on_the_order(
            seconds in proptest::collection::vec(0_i64..30, 1..12),
            undone in proptest::option::of(0_i64..30),
            order in any::<u64>(),
        ) {
            let scans: Vec<_> = seconds.iter().enumerate().map(|(n, at)| scan(*at, &n.to_string())).collect();
            let mut state = None;
            if let Some(undone) = undone {
                merge(&mut state, &scan(undone, "undone"), true);
                state.as_mut().unwrap().undo(time(undone));
            }
            let mut shuffled: Vec<_> = scans.iter().chain(&scans).collect();
            let mut seed = order;
            for at in (1..shuffled.len()).rev() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let other = usize::try_from(seed >> 33).unwrap() % (at + 1);
                shuffled.swap(at, other);
            }
            for scan in shuffled {
                merge(&mut state, scan, true);
            }
            let counts = seconds.iter().filter(|at| undone.is_none_or(|undone| **at > undone)).min();
            let known = state.unwrap();
            prop_assert_eq!(known.is_checked_in(), counts.is_some());
            if let Some(at) = counts {
                prop_assert_eq!(known.scan.at, time(*at));
            }
        }
    }
}
