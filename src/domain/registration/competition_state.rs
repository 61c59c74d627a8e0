//! A competition's counters and rules, as they were read under its row lock.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;

use crate::{
    domain::{
        schedule::Schedule,
        seats::{self, SeatCounts},
    },
    model::{
        CompetitionId, CompetitionStatus, DivisionId, DomainError, Eligibility, PhaseRules, UserId,
        forms::{CompetitionTimes, DivisionInput},
    },
    store::entity::{competition, division},
};

/// After how many seconds a client asks again that was refused because of a pause, which ends whenever the organizer
/// wants. Open pages follow the event stream instead.
const PAUSE_RETRY_SECONDS: u64 = 10;

/// The columns of a competition's row on which decisions about seats depend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompetitionState {
    pub id: CompetitionId,
    /// The account that owns the competition.
    pub organizer: UserId,
    /// The number of seats, free and taken.
    pub capacity: i32,
    /// The seat counter: the number of seats that are still free.
    pub seats_left: i32,
    /// The number of registrations on the waitlist.
    pub waitlisted: i32,
    /// The highest `waitlist_seq` that was given to a registration.
    pub waitlist_seq: i64,
    /// A counter that every change of the row raises.
    pub version: i64,
    /// The version that the organizer's latest edit made.
    pub edited_at_version: i64,
    /// What the phase depends on besides the seats.
    pub rules: PhaseRules,
    /// The venue; may be empty.
    pub location: String,
    /// The number of the present schedule: a counter of changes to start, end and location.
    pub schedule_revision: i32,
    /// Whether the competition has divisions. If not, nothing is read about them.
    pub has_divisions: bool,
    /// The number of changes of the questions; 0 if there never were any.
    pub questions_revision: i32,
    /// The numbers of its codes. Without codes, nothing is read about them.
    pub codes: CodeCounters,
    /// The conditions of those who register.
    pub eligibility: Eligibility,
    /// The time zone of the venue, by its IANA name. It decides which day the start is.
    pub time_zone: String,
    /// The divisions in their order. They are read after the row.
    pub divisions: Vec<DivisionState>,
}

/// The numbers of a competition's codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CodeCounters {
    /// The number of codes.
    pub count: i32,
    /// The number of free seats that are set aside for those who have a code.
    pub reserved: i32,
    /// The moment at which a code expires whose seats come back, if there is one. It may be too early.
    pub due_at: Option<DateTime<Utc>>,
}

/// A division as it was read under the row lock of its competition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DivisionState {
    pub id: DivisionId,
    /// The order in which divisions are shown.
    pub position: i32,
    pub name: String,
    /// The number of seats; `None` if only the competition's capacity limits the division.
    pub capacity: Option<i32>,
    /// The number of registrations that hold a seat.
    pub taken: i32,
    /// The number of registrations on the waitlist.
    pub waitlisted: i32,
    /// The number of free seats that are set aside for those who have a code for this division.
    pub reserved: i32,
    /// The lowest age of participants, in years.
    pub age_min: Option<i32>,
    /// The highest age of participants, in years.
    pub age_max: Option<i32>,
    /// When the division starts, if not with the competition.
    pub starts_at: Option<DateTime<Utc>>,
    /// The first start number.
    pub number_from: Option<i32>,
    /// The last start number.
    pub number_to: Option<i32>,
}

impl DivisionState {
    /// Creates a division without registrations from valid input.
    #[must_use]
    pub fn new(id: DivisionId, position: i32, input: &DivisionInput) -> Self {
        let number = |value: Option<i64>| value.and_then(|value| i32::try_from(value).ok());
        Self {
            id,
            position,
            name: input.name.clone(),
            capacity: number(input.capacity),
            taken: 0,
            waitlisted: 0,
            reserved: 0,
            age_min: number(input.age_min),
            age_max: number(input.age_max),
            starts_at: input.starts_at,
            number_from: number(input.number_from),
            number_to: number(input.number_to),
        }
    }

    /// Returns the row of the division, to be inserted.
    #[must_use]
    pub fn into_row(self, competition: CompetitionId, now: DateTime<Utc>) -> division::ActiveModel {
        division::ActiveModel {
            id: Set(self.id),
            competition_id: Set(competition),
            position: Set(self.position),
            seats_left: Set(self.seats_left()),
            name: Set(self.name),
            capacity: Set(self.capacity),
            taken: Set(self.taken),
            waitlisted: Set(self.waitlisted),
            seats_reserved: Set(self.reserved),
            age_min: Set(self.age_min),
            age_max: Set(self.age_max),
            starts_at: Set(self.starts_at),
            number_from: Set(self.number_from),
            number_to: Set(self.number_to),
            created_at: Set(now),
            removed_at: Set(None),
        }
    }

    /// Returns what the organizer has decided about the division.
    #[must_use]
    pub fn input(&self) -> DivisionInput {
        DivisionInput {
            name: self.name.clone(),
            capacity: self.capacity.map(Into::into),
            age_min: self.age_min.map(Into::into),
            age_max: self.age_max.map(Into::into),
            starts_at: self.starts_at,
            number_from: self.number_from.map(Into::into),
            number_to: self.number_to.map(Into::into),
        }
    }

    /// Returns whether more than the counters differ.
    #[must_use]
    pub fn is_edited_to(&self, other: &Self) -> bool {
        let with_counters = Self {
            taken: other.taken,
            waitlisted: other.waitlisted,
            reserved: other.reserved,
            ..self.clone()
        };
        with_counters != *other
    }
}

impl From<division::Model> for DivisionState {
    fn from(row: division::Model) -> Self {
        Self {
            id: row.id,
            position: row.position,
            name: row.name,
            capacity: row.capacity,
            taken: row.taken,
            waitlisted: row.waitlisted,
            reserved: row.seats_reserved,
            age_min: row.age_min,
            age_max: row.age_max,
            starts_at: row.starts_at,
            number_from: row.number_from,
            number_to: row.number_to,
        }
    }
}

impl From<competition::Model> for CompetitionState {
    fn from(row: competition::Model) -> Self {
        let eligibility = Eligibility {
            code_required: row.code_required,
            email_domains: row.email_domains(),
            age_min: row.age_min,
            age_max: row.age_max,
            ages_unchecked: row.ages_unchecked,
        };
        Self {
            id: row.id,
            organizer: row.organizer_id,
            capacity: row.capacity,
            seats_left: row.seats_left,
            waitlisted: row.waitlisted,
            waitlist_seq: row.waitlist_seq,
            version: row.version,
            edited_at_version: row.edited_at_version,
            rules: PhaseRules {
                status: row.status,
                waitlist_enabled: row.waitlist_enabled,
                opens_at: row.opens_at,
                paused: row.paused,
                reg_deadline: row.reg_deadline,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
            },
            location: row.location,
            schedule_revision: row.schedule_revision,
            has_divisions: row.has_divisions,
            questions_revision: row.questions_revision,
            codes: CodeCounters {
                count: row.code_count,
                reserved: row.seats_reserved,
                due_at: row.codes_due_at,
            },
            eligibility,
            time_zone: row.time_zone,
            divisions: Vec::new(),
        }
    }
}

impl CompetitionState {
    /// Checks whether participants can register at `now`, if a seat or a waitlist is there.
    ///
    /// # Errors
    /// Returns [`DomainError::RegistrationClosed`], [`DomainError::RegistrationPaused`] or, before the opening,
    /// [`DomainError::NotOpenYet`].
    pub fn takes_registrations(&self, now: DateTime<Utc>) -> Result<(), DomainError> {
        if self.is_closed(now) {
            return Err(DomainError::RegistrationClosed);
        }
        if self.rules.paused {
            let retry_after = PAUSE_RETRY_SECONDS;
            return Err(DomainError::RegistrationPaused { retry_after });
        }
        match self.rules.opens_at {
            Some(opens_at) if now < opens_at => Err(not_open_yet(opens_at, now)),
            _ => Ok(()),
        }
    }

    /// Returns whether nobody can register at `now` nor later, unless the organizer edits the competition.
    #[must_use]
    pub fn is_closed(&self, now: DateTime<Utc>) -> bool {
        let over = self.rules.reg_deadline <= now || self.rules.starts_at <= now;
        self.rules.status != CompetitionStatus::Published || over
    }

    /// Checks whether the organizer can add participants, which they can at any time: before the opening, during a
    /// pause, which is their own, and after the deadline.
    ///
    /// # Errors
    /// Returns [`DomainError::RegistrationClosed`] if the competition is a draft or cancelled.
    pub fn takes_additions(&self) -> Result<(), DomainError> {
        match self.rules.status {
            CompetitionStatus::Published => Ok(()),
            _ => Err(DomainError::RegistrationClosed),
        }
    }

    /// Returns the moments that an organizer's change is checked against.
    #[must_use]
    pub fn times(&self) -> CompetitionTimes {
        CompetitionTimes {
            opens_at: self.rules.opens_at,
            reg_deadline: self.rules.reg_deadline,
            starts_at: self.rules.starts_at,
            ends_at: self.rules.ends_at,
        }
    }

    /// Returns when and where the competition takes place.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule {
            starts_at: self.rules.starts_at,
            ends_at: self.rules.ends_at,
            location: self.location.clone(),
        }
    }

    /// Returns whether any registration is live.
    #[must_use]
    pub const fn has_registrations(&self) -> bool {
        self.seats_left < self.capacity || self.waitlisted > 0
    }

    /// Returns whether free seats go to the waitlist at `now`.
    #[must_use]
    pub fn promotes_waitlist(&self, now: DateTime<Utc>) -> bool {
        self.rules.status == CompetitionStatus::Published && now < self.rules.starts_at
    }

    /// Returns the seat numbers and rules that are published after a commit.
    #[must_use]
    pub fn seat_counts(&self) -> SeatCounts {
        let seats = seats::seats(self.open_seats(), self.capacity, self.waitlisted);
        SeatCounts::new(self.version, seats, self.edited_at_version, self.rules)
    }
}

/// Returns the domain error before the opening. Its wait is at least a second, in whole seconds that end
/// after the opening.
fn not_open_yet(opens_at: DateTime<Utc>, now: DateTime<Utc>) -> DomainError {
    let milliseconds = u64::try_from((opens_at - now).num_milliseconds()).unwrap_or(0);
    DomainError::NotOpenYet {
        opens_at,
        retry_after: milliseconds.div_ceil(1_000).max(1),
    }
}
