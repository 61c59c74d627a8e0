//! The state machine of a competition: which phase it is in.
//!
//! Time, seats and the organizer move it:
//!
//! ```text
//! DRAFT ─ published ─▶ OPENS_SOON ─ opensAt ─▶ OPEN ◀─▶ FEW_LEFT ◀─▶ WAITLIST or FULL
//!                                               └──────── regDeadline ────────┘
//!                                                              ▼
//!                                     CLOSED ─ startsAt ─▶ RUNNING ─ endsAt ─▶ ENDED
//! ```
//!
//! The organizer can pause registration from its publication until the deadline: then it is `PAUSED`, also where it
//! would open soon, until it is resumed. The organizer can cancel it in every phase. Pages, the API and the event stream take the phase from
//! here, on the server and in the browser, so that they never contradict each other.

use chrono::{
    DateTime, TimeDelta, Utc,
    serde::{ts_milliseconds, ts_milliseconds_option},
};
use serde::{Deserialize, Serialize};

use super::{CompetitionStatus, LiveView, Phase, SeatsView};

/// What the phase of a competition depends on besides its seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sea_orm::FromQueryResult))]
pub struct PhaseRules {
    /// The status that the organizer decided on.
    pub status: CompetitionStatus,
    /// Whether participants may join a waitlist when all seats are taken.
    pub waitlist_enabled: bool,
    /// The time at which registration opens, if it did not open when the competition was published.
    #[serde(with = "ts_milliseconds_option")]
    pub opens_at: Option<DateTime<Utc>>,
    /// Whether the organizer has paused registration. It is missing in messages of earlier releases.
    #[serde(default)]
    pub paused: bool,
    /// The time at which registration closes.
    #[serde(with = "ts_milliseconds")]
    pub reg_deadline: DateTime<Utc>,
    /// When the competition starts.
    #[serde(with = "ts_milliseconds")]
    pub starts_at: DateTime<Utc>,
    /// When the competition ends, if that is known.
    #[serde(with = "ts_milliseconds_option")]
    pub ends_at: Option<DateTime<Utc>>,
}

impl PhaseRules {
    /// Returns the phase at `now` with these seats.
    #[must_use]
    pub fn phase(&self, seats: SeatsView, now: DateTime<Utc>) -> Phase {
        let end = self.ends_at.unwrap_or(self.starts_at);
        match self.status {
            CompetitionStatus::Draft => Phase::Draft,
            CompetitionStatus::Cancelled => Phase::Cancelled,
            CompetitionStatus::Published if end < now => Phase::Ended,
            CompetitionStatus::Published if self.starts_at <= now => Phase::Running,
            CompetitionStatus::Published if self.reg_deadline <= now => Phase::Closed,
            CompetitionStatus::Published if self.paused => Phase::Paused,
            CompetitionStatus::Published if self.opens_at.is_some_and(|opening| now < opening) => {
                Phase::OpensSoon
            }
            CompetitionStatus::Published if seats.seats_left == 0 && self.waitlist_enabled => {
                Phase::Waitlist
            }
            CompetitionStatus::Published if seats.seats_left == 0 => Phase::Full,
            CompetitionStatus::Published if seats.few_left() => Phase::FewLeft,
            CompetitionStatus::Published => Phase::Open,
        }
    }

    /// Returns the state at `now` that the event stream sends.
    #[must_use]
    pub fn live(
        &self,
        seats: SeatsView,
        revision: i64,
        results_revision: i32,
        now: DateTime<Utc>,
    ) -> LiveView {
        LiveView {
            seats_left: seats.seats_left,
            capacity: seats.capacity,
            waitlisted: seats.waitlisted,
            phase: self.phase(seats, now),
            revision,
            results_revision,
        }
    }

    /// Returns the first moment after `now` at which the [`phase`](Self::phase) changes by itself; `None`
    /// if it does not.
    #[must_use]
    pub fn next_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.status != CompetitionStatus::Published {
            return None;
        }
        // The phase ends just after the end, and the others begin exactly at their moment.
        let end = self.ends_at.unwrap_or(self.starts_at) + TimeDelta::milliseconds(1);
        let moments = [
            self.opens_at,
            Some(self.reg_deadline),
            Some(self.starts_at),
            Some(end),
        ];
        let ahead = moments.into_iter().flatten().filter(|moment| *moment > now);
        ahead.min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        let start = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        start + TimeDelta::hours(hour)
    }

    /// Opens at hour 1, closes at 2, starts at 3 and ends at 4.
    fn rules() -> PhaseRules {
        PhaseRules {
            status: CompetitionStatus::Published,
            waitlist_enabled: true,
            opens_at: Some(at(1)),
            paused: false,
            reg_deadline: at(2),
            starts_at: at(3),
            ends_at: Some(at(4)),
        }
    }

    fn seats(seats_left: u32) -> SeatsView {
        SeatsView {
            seats_left,
            capacity: 40,
            waitlisted: 0,
        }
    }

    #[test]
    fn each_phase_begins_exactly_at_its_moment() {
        let moment = TimeDelta::milliseconds(1);
        let phases = [
            (at(1), Phase::OpensSoon, Phase::Open),
            (at(2), Phase::Open, Phase::Closed),
            (at(3), Phase::Closed, Phase::Running),
            (at(4) + moment, Phase::Running, Phase::Ended),
        ];
        for (change, before, after) in phases {
            assert_eq!(rules().phase(seats(30), change - moment), before);
            assert_eq!(rules().phase(seats(30), change), after);
            assert_eq!(rules().next_change(change - moment), Some(change));
        }
        assert_eq!(rules().next_change(at(5)), None);
    }

    #[test]
    fn seats_decide_between_the_phases_only_while_registration_is_open() {
        for (left, phase) in [
            (30, Phase::Open),
            (4, Phase::FewLeft),
            (1, Phase::FewLeft),
            (0, Phase::Waitlist),
        ] {
            assert_eq!(rules().phase(seats(left), at(1)), phase);
            assert_eq!(rules().phase(seats(left), at(0)), Phase::OpensSoon);
            assert_eq!(rules().phase(seats(left), at(2)), Phase::Closed);
        }
        let without = PhaseRules {
            waitlist_enabled: false,
            ..rules()
        };
        assert_eq!(without.phase(seats(0), at(1)), Phase::Full);
    }

    #[test]
    fn a_paused_competition_is_paused_until_its_deadline_whatever_its_seats() {
        let paused = PhaseRules {
            paused: true,
            ..rules()
        };
        for left in [30, 1, 0] {
            for (hour, phase) in [
                (0, Phase::Paused),
                (1, Phase::Paused),
                (2, Phase::Closed),
                (3, Phase::Running),
                (5, Phase::Ended),
            ] {
                assert_eq!(paused.phase(seats(left), at(hour)), phase);
            }
        }
        for status in [CompetitionStatus::Draft, CompetitionStatus::Cancelled] {
            let phase = PhaseRules { status, ..paused }.phase(seats(30), at(1));
            assert_eq!(phase.as_str(), status.as_str());
        }
    }

    #[test]
    fn a_competition_without_an_opening_time_is_open_when_it_is_published() {
        let always = PhaseRules {
            opens_at: None,
            ..rules()
        };
        assert_eq!(always.phase(seats(30), at(0)), Phase::Open);
        let draft = PhaseRules {
            status: CompetitionStatus::Draft,
            ..always
        };
        assert_eq!(draft.phase(seats(30), at(0)), Phase::Draft);
        assert_eq!(draft.next_change(at(0)), None);
    }
}
