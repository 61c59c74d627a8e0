//! What an organizer sees while registration opens.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CompetitionView, RegistrationStatus, StatisticsBucket, TallyView};

/// A registration that has just come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestRegistration {
    /// The name of the participant.
    pub name: String,
    /// When the participant registered.
    pub registered_at: DateTime<Utc>,
    /// The state of the registration.
    pub status: RegistrationStatus,
}

/// The numbers of a competition at one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondSample {
    /// When the numbers were read.
    pub at: DateTime<Utc>,
    /// The number of seats that were taken.
    pub taken: u64,
    /// The number of registrations on the waitlist.
    pub waiting: u64,
    /// The number of registrations so far, those on the waitlist included.
    pub registered: u64,
    /// The number of cancellations so far.
    pub cancelled: u64,
}

/// Something that those who run the competition did, and that explains a change in the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomMoment {
    /// The time at which it happened.
    pub at: DateTime<Utc>,
    /// What they did then.
    pub kind: RoomMomentKind,
}

/// What those who run a competition did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomMomentKind {
    /// They changed the number of seats to this one.
    Capacity(u64),
    /// They paused registration for everybody.
    Paused,
    /// They resumed registration for everybody.
    Resumed,
    /// They sent an announcement.
    Announced,
}

/// Everything that the control room shows, at one second.
#[derive(Debug, Clone)]
pub struct ControlRoomView {
    /// The competition that is watched.
    pub competition: CompetitionView,
    /// When all of this was read.
    pub at: DateTime<Utc>,
    /// The numbers of the last minutes, as far as the control room was open in any process, the oldest first.
    pub samples: Vec<SecondSample>,
    /// The number of registrations per second at present.
    pub per_second: u64,
    /// The number of registrations in the second in which most came, and the beginning of that second.
    pub peak: Option<(u64, DateTime<Utc>)>,
    /// The number of seconds until all seats are taken if it goes on like this.
    pub sold_out_in: Option<u64>,
    /// When the last seat was taken.
    pub sold_out_at: Option<DateTime<Utc>>,
    /// Whether that is the second; otherwise it is the beginning of the minute.
    pub is_sold_out_at_exact: bool,
    /// The number of open pages.
    pub looking: u64,
    /// The number of seats whose confirmation has not been written yet, up to a bound.
    pub unconfirmed: u64,
    /// Since when the oldest of them waits.
    pub oldest_unconfirmed: Option<DateTime<Utc>>,
    /// The number of messages and of mail that failed finally, up to a bound.
    pub failed: u64,
    /// The number of messages that wait to be sent as mail, up to a bound.
    pub waiting_mail: u64,
    /// The newest registrations, the newest first.
    pub newest: Vec<NewestRegistration>,
    /// The refusals so far, by the code of their reason.
    pub refusals: Vec<TallyView>,
    /// What those who run it did lately, the newest first of each kind.
    pub moments: Vec<RoomMoment>,
    /// The last minutes in which anything happened, the oldest first.
    pub minutes: Vec<StatisticsBucket>,
}

impl ControlRoomView {
    /// Returns the number of seats that are taken.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.competition.taken().into()
    }
}
