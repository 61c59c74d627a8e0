//! What a transaction has read, as far as anybody decides by it.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        registration::{command::Command, outcome::Stored},
        schedule::Schedule,
    },
    model::{
        CompetitionId, CompetitionStatus, IdempotencyKey, RegistrationId, RegistrationStatus,
        UserId, forms::CompetitionTimes,
    },
};

/// The competition's row, as far as seats are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompetitionState {
    /// Which.
    pub id: CompetitionId,
    /// Whose.
    pub organizer: UserId,
    /// What the organizer decided.
    pub status: CompetitionStatus,
    /// Seats in all.
    pub capacity: i32,
    /// Seats nobody holds.
    pub seats_left: i32,
    /// How many queue.
    pub waitlisted: i32,
    /// The last place in the queue that was given out.
    pub waitlist_seq: i64,
    /// Counts changes.
    pub version: i64,
    /// The version that the organizer's latest edit made.
    pub edited_at_version: i64,
    /// Whether one may queue.
    pub waitlist_enabled: bool,
    /// Registration closes then.
    pub reg_deadline: DateTime<Utc>,
    /// It begins then.
    pub starts_at: DateTime<Utc>,
    /// It ends then, if that is known.
    pub ends_at: Option<DateTime<Utc>>,
    /// It takes place there.
    pub location: String,
    /// The number of the schedule that these three make.
    pub schedule_revision: i32,
}

/// A registration that is not cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveRegistration {
    /// Which.
    pub id: RegistrationId,
    /// Whose.
    pub user: UserId,
    /// How it stands.
    pub status: RegistrationStatus,
}

/// Everything [`decide`] may look at.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The competition; `None` if there is none.
    pub state: Option<CompetitionState>,
    /// Which of the people who ask exist.
    pub people: HashSet<UserId>,
    /// Live registrations of the people who ask, and those that are to be cancelled.
    pub live: Vec<LiveRegistration>,
    /// Registrations to be cancelled that are cancelled already, with their owners.
    pub gone: HashMap<RegistrationId, UserId>,
    /// Answers given before under the keys of this batch.
    pub stored: HashMap<(UserId, IdempotencyKey), Stored>,
    /// The waitlist from its head: what [`CompetitionState::heads`] said, or all of it.
    pub queue: VecDeque<(RegistrationId, UserId)>,
}

/// Most people of the queue that one transaction seats. Each is a row that moves and a message to be
/// written: with more the transaction would take long, and SQLite takes 32,766 values a statement.
pub const SEATED_AT_ONCE: usize = 1_000;

impl CompetitionState {
    /// Whether one can register at `now`, seats or not.
    #[must_use]
    pub fn takes_registrations(&self, now: DateTime<Utc>) -> bool {
        self.status == CompetitionStatus::Published
            && now < self.reg_deadline
            && now < self.starts_at
    }

    /// Its moments.
    #[must_use]
    pub fn times(&self) -> CompetitionTimes {
        CompetitionTimes {
            reg_deadline: self.reg_deadline,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        }
    }

    /// When and where it takes place.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            location: self.location.clone(),
        }
    }

    /// Whether anybody holds a seat or queues.
    #[must_use]
    pub const fn is_taken(&self) -> bool {
        self.seats_left < self.capacity || self.waitlisted > 0
    }

    /// Returns whether people who queue are seated when seats are free.
    #[must_use]
    pub fn seats_its_queue(&self, now: DateTime<Utc>) -> bool {
        self.status == CompetitionStatus::Published && now < self.starts_at
    }

    /// How many of the queue's heads have to be read, `most` at most: no more seats than these can
    /// become free while `commands` are decided, or others are seated by the next transaction.
    #[must_use]
    pub fn heads(&self, commands: &[Command], most: usize) -> usize {
        let freed: i64 = commands
            .iter()
            .map(|command| match command {
                Command::Register { .. } | Command::SeatWaiting => 0,
                Command::Cancel { .. } => 1,
                // One that lowers the capacity may be refused: it must not count against the others.
                Command::Revise(revision) => revision
                    .patch
                    .capacity
                    .map_or(0, |capacity| (capacity - i64::from(self.capacity)).max(0)),
            })
            .fold(i64::from(self.seats_left), i64::saturating_add);
        let heads = usize::try_from(freed.clamp(0, self.waitlisted.into()));
        heads.unwrap_or(0).min(most)
    }
}
