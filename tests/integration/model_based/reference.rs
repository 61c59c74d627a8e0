//! The random actions, and the reference model of one competition that predicts their results.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use mini_compete::{
    domain::registration::{Outcome, RegistrationReply},
    model::{DomainError, RegistrationStatus},
};
use rand::{RngExt, rngs::StdRng};

/// The number of participants. Actions refer to participants and competitions by index.
pub(super) const PARTICIPANTS: usize = 12;
/// The number of competitions.
pub(super) const COMPETITIONS: usize = 3;
/// The capacities of the divisions of the last competition. The others have none.
pub(super) const DIVISIONS: [Option<usize>; 3] = [Some(1), Some(2), None];

/// A request to register.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) participant: usize,
    pub(super) competition: usize,
    /// The number of the idempotency key.
    pub(super) key: u32,
}

impl Request {
    /// Returns the index of the division that the participant chooses, in a competition with so many: another one
    /// with another key.
    pub(super) fn division(&self, divisions: usize) -> Option<usize> {
        let choice = self.participant + self.key as usize;
        choice.checked_rem(divisions)
    }
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
    /// Edits the capacity of a division of the last competition.
    EditDivision {
        division: usize,
        capacity: Option<usize>,
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
            91..93 => Self::EditDivision {
                division: random.random_range(0..DIVISIONS.len()),
                capacity: random.random_bool(0.8).then(|| random.random_range(1..4)),
            },
            93..97 => Self::Edit {
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
            Outcome::Undone(undone) => panic!("{undone:?} to a registration"),
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
    /// The capacities of its divisions.
    pub(super) divisions: Vec<Option<usize>>,
    /// The division of each participant with a live registration, where there are divisions.
    pub(super) choices: HashMap<usize, usize>,
}

impl ReferenceCompetition {
    /// Registers a participant in the model.
    pub(super) fn register(&mut self, request: &Request, now: DateTime<Utc>) -> ExpectedReply {
        let participant = request.participant;
        let choice = request.division(self.divisions.len());
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
        } else if self.has_seat(choice) {
            self.choices
                .extend(choice.map(|division| (participant, division)));
            self.seated.push(participant);
            ExpectedReply::Registered
        } else if self.waitlist_enabled {
            self.choices
                .extend(choice.map(|division| (participant, division)));
            self.waitlist.push(participant);
            ExpectedReply::Waitlisted(self.position(participant).unwrap())
        } else if self.seated.len() < self.capacity {
            ExpectedReply::Refused(DomainError::DivisionFull)
        } else {
            ExpectedReply::Refused(DomainError::CompetitionFull)
        }
    }

    /// Returns the number of participants with a seat in a division.
    pub(super) fn taken(&self, division: usize) -> usize {
        let in_it = |seated: &&usize| self.choices.get(seated) == Some(&division);
        self.seated.iter().filter(in_it).count()
    }

    fn has_seat(&self, division: Option<usize>) -> bool {
        let capacity = division.and_then(|division| self.divisions[division]);
        let is_free = capacity.is_none_or(|capacity| self.taken(division.unwrap()) < capacity);
        self.seated.len() < self.capacity && is_free
    }

    /// Returns the position of a participant among those who wait for the same division.
    pub(super) fn position(&self, participant: usize) -> Option<u32> {
        let choice = self.choices.get(&participant);
        let line = self.waitlist.iter();
        let mut line = line.filter(|waiting| self.choices.get(waiting) == choice);
        let ahead = line.position(|waiting| *waiting == participant)?;
        Some(u32::try_from(ahead + 1).unwrap())
    }

    /// Changes the capacity of a division, and promotes into new seats.
    pub(super) fn edit_division(
        &mut self,
        division: usize,
        capacity: Option<usize>,
    ) -> Result<(), DomainError> {
        if capacity.is_some_and(|capacity| capacity < self.taken(division)) {
            return Err(DomainError::CapacityBelowRegistrations);
        }
        self.divisions[division] = capacity;
        self.promote();
        Ok(())
    }

    /// Cancels the registration of a participant, and promotes the head of the waitlist.
    pub(super) fn cancel(&mut self, participant: usize) {
        self.seated.retain(|seated| *seated != participant);
        self.waitlist.retain(|waiting| *waiting != participant);
        self.choices.remove(&participant);
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

    /// Gives free seats to the first whose division has one, as long as there is one.
    fn promote(&mut self) {
        let first = |model: &Self| {
            let choice = |waiting: &usize| model.choices.get(waiting).copied();
            let mut waitlist = model.waitlist.iter();
            waitlist.position(|waiting| model.has_seat(choice(waiting)))
        };
        while let Some(first) = first(self) {
            let promoted = self.waitlist.remove(first);
            self.seated.push(promoted);
        }
    }
}
