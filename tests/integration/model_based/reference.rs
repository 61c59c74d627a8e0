//! The random actions, and the reference model of one competition that predicts their results.

use chrono::{DateTime, Utc};
use mini_compete::{
    domain::registration::{Outcome, RegistrationReply},
    model::{DomainError, RegistrationStatus},
};
use rand::{RngExt, rngs::StdRng};

/// The number of participants. Actions refer to participants and competitions by index.
pub(super) const PARTICIPANTS: usize = 12;
/// The number of competitions.
pub(super) const COMPETITIONS: usize = 2;

/// A request to register.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) participant: usize,
    pub(super) competition: usize,
    /// The number of the idempotency key.
    pub(super) key: u32,
}

/// An action of a participant, of an organizer, or of the test.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    Register(Request),
    /// Sends an earlier request again. The number chooses the request, modulo their count.
    Repeat(usize),
    /// Cancels an earlier registration. The number chooses the registration, modulo their count.
    Cancel(usize),
    /// Edits the capacity, the waitlist setting and the opening of a competition.
    Edit {
        competition: usize,
        capacity: i64,
        waitlist_enabled: bool,
        /// The hours until registration opens, or since it has opened.
        opens_in: Option<i64>,
    },
    /// Pauses or resumes registration for a competition.
    SetPaused {
        competition: usize,
        paused: bool,
    },
    /// Advances the clock of the model.
    AdvanceClock,
}

impl Action {
    /// Chooses an action at random.
    pub(super) fn random(random: &mut StdRng) -> Self {
        let participant = random.random_range(0..PARTICIPANTS);
        let competition = random.random_range(0..COMPETITIONS);
        match random.random_range(0..100) {
            0..50 => Self::Register(Request {
                participant,
                competition,
                // Few keys, so that they are often reused.
                key: random.random_range(0..12),
            }),
            50..65 => Self::Repeat(random.random_range(0..1_000)),
            65..88 => Self::Cancel(random.random_range(0..1_000)),
            88..91 => Self::SetPaused {
                competition,
                paused: random.random_bool(0.3),
            },
            91..97 => Self::Edit {
                competition,
                capacity: random.random_range(1..7),
                waitlist_enabled: random.random_bool(0.7),
                opens_in: random.random_bool(0.4).then(|| random.random_range(-5..15)),
            },
            _ => Self::AdvanceClock,
        }
    }
}

/// The reply to a request to register, as far as the reference model predicts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExpectedReply {
    Registered,
    /// The registration is on the waitlist at this position.
    Waitlisted(u32),
    Refused(DomainError),
}

impl From<&RegistrationReply> for ExpectedReply {
    fn from(reply: &RegistrationReply) -> Self {
        match reply.outcome().unwrap() {
            Outcome::Registered(view) => {
                assert_eq!(view.status, RegistrationStatus::Pending);
                Self::Registered
            }
            Outcome::Waitlisted(view) => Self::Waitlisted(view.waitlist_position.unwrap()),
            Outcome::Bulk(result) => panic!("{result:?} to a registration"),
            Outcome::Refused(error) => Self::Refused(error.clone()),
        }
    }
}

/// The reference model of one competition: lists of participants, without concurrency.
#[derive(Debug, Clone)]
pub(super) struct ReferenceCompetition {
    pub(super) capacity: usize,
    pub(super) waitlist_enabled: bool,
    pub(super) opens_at: Option<DateTime<Utc>>,
    pub(super) paused: bool,
    pub(super) reg_deadline: DateTime<Utc>,
    /// The participants who hold a seat.
    pub(super) seated: Vec<usize>,
    /// The participants on the waitlist, the head first.
    pub(super) waitlist: Vec<usize>,
}

impl ReferenceCompetition {
    /// Registers a participant in the model.
    pub(super) fn register(&mut self, participant: usize, now: DateTime<Utc>) -> ExpectedReply {
        if self.seated.contains(&participant) || self.waitlist.contains(&participant) {
            ExpectedReply::Refused(DomainError::AlreadyRegistered)
        } else if now >= self.reg_deadline {
            ExpectedReply::Refused(DomainError::RegistrationClosed)
        } else if self.paused {
            ExpectedReply::Refused(DomainError::RegistrationPaused { retry_after: 10 })
        } else if let Some(opens_at) = self.opens_at.filter(|opening| now < *opening) {
            let seconds = (opens_at - now).num_seconds();
            ExpectedReply::Refused(DomainError::NotOpenYet {
                opens_at,
                retry_after: seconds.try_into().unwrap(),
            })
        } else if self.seated.len() < self.capacity {
            self.seated.push(participant);
            ExpectedReply::Registered
        } else if self.waitlist_enabled {
            self.waitlist.push(participant);
            ExpectedReply::Waitlisted(self.waitlist.len().try_into().unwrap())
        } else {
            ExpectedReply::Refused(DomainError::CompetitionFull)
        }
    }

    /// Cancels the registration of a participant, and promotes the head of the waitlist.
    pub(super) fn cancel(&mut self, participant: usize) {
        self.seated.retain(|seated| *seated != participant);
        self.waitlist.retain(|waiting| *waiting != participant);
        self.promote();
    }

    /// Pauses registration or resumes it. What is closed can't be paused.
    pub(super) fn set_paused(
        &mut self,
        paused: bool,
        now: DateTime<Utc>,
    ) -> Result<(), DomainError> {
        if paused && !self.paused && now >= self.reg_deadline {
            return Err(DomainError::RegistrationClosed);
        }
        self.paused = paused;
        Ok(())
    }

    /// Changes the capacity, the waitlist setting and the opening, and promotes into new seats.
    pub(super) fn edit(
        &mut self,
        capacity: usize,
        waitlist_enabled: bool,
        opens_at: Option<DateTime<Utc>>,
    ) -> Result<(), DomainError> {
        if capacity < self.seated.len() {
            return Err(DomainError::CapacityBelowRegistrations);
        }
        self.capacity = capacity;
        self.waitlist_enabled = waitlist_enabled;
        self.opens_at = opens_at;
        self.promote();
        Ok(())
    }

    fn promote(&mut self) {
        while self.seated.len() < self.capacity && !self.waitlist.is_empty() {
            self.seated.push(self.waitlist.remove(0));
        }
    }
}
