//! Counts seats: those of the competition and those of its divisions, which both hold always.
//!
//! A competition without divisions is one whose only division has no capacity of its own. Free seats that are set aside for
//! those who have a code (`codes.rs`) are not open to others.

use super::{Decision, LiveRegistration, Notification};
use crate::{
    domain::registration::competition_state::{CompetitionState, DivisionState},
    model::{DivisionId, DomainError, RegistrationId, UserId},
};

impl CompetitionState {
    /// Returns one of the competition's divisions.
    #[must_use]
    pub fn division(&self, id: DivisionId) -> Option<&DivisionState> {
        self.divisions.iter().find(|division| division.id == id)
    }

    pub(super) fn division_mut(&mut self, id: Option<DivisionId>) -> Option<&mut DivisionState> {
        let is_it = |division: &&mut DivisionState| Some(division.id) == id;
        self.divisions.iter_mut().find(is_it)
    }

    /// Returns the number of free seats that are not set aside.
    #[must_use]
    pub const fn open_seats(&self) -> i32 {
        self.seats_left - self.codes.reserved
    }

    /// Returns whether a seat is free for a registration in this division: one of the competition that is also one of
    /// the division.
    #[must_use]
    pub fn has_seat(&self, division: Option<DivisionId>) -> bool {
        let of_division = division.and_then(|id| self.division(id));
        self.open_seats() > 0 && of_division.is_none_or(|division| division.open_seats() != Some(0))
    }

    /// Returns the number of registrations on the waitlist that could have a seat at this moment as far as their
    /// divisions are concerned. So many free seats of the competition belong to them.
    #[must_use]
    pub fn promotable(&self) -> i32 {
        match self.divisions.is_empty() {
            true => self.waitlisted,
            false => self.divisions.iter().map(DivisionState::promotable).sum(),
        }
    }

    /// Checks whether a new registration in a division can have a seat at once, which nobody on the waitlist needs.
    ///
    /// # Errors
    /// Returns [`DomainError::CompetitionFull`] or [`DomainError::DivisionFull`].
    pub(in crate::domain::registration) fn spare_seat(
        &self,
        division: Option<DivisionId>,
    ) -> Result<(), DomainError> {
        if self.open_seats() <= self.promotable() {
            return Err(DomainError::CompetitionFull);
        }
        let division = division.and_then(|id| self.division(id));
        let waiting = division.map_or(self.waitlisted, |division| division.waitlisted);
        if let Some(open) = division.and_then(DivisionState::open_seats)
            && open <= waiting
        {
            return Err(DomainError::DivisionFull);
        }
        match waiting > 0 && self.rules.waitlist_enabled {
            true => Err(DomainError::CompetitionFull),
            false => Ok(()),
        }
    }

    pub(super) fn take_seat(&mut self, division: Option<DivisionId>) {
        self.seats_left -= 1;
        if let Some(division) = self.division_mut(division) {
            division.taken += 1;
        }
    }

    pub(super) fn free_seat(&mut self, division: Option<DivisionId>) {
        self.seats_left += 1;
        if let Some(division) = self.division_mut(division) {
            division.taken -= 1;
        }
    }

    /// Counts a registration more on the waitlist, and returns its position among those of its division.
    pub(super) fn join_waitlist(&mut self, division: Option<DivisionId>) -> u32 {
        self.waitlisted += 1;
        self.waitlist_seq += 1;
        let position = match self.division_mut(division) {
            Some(division) => {
                division.waitlisted += 1;
                division.waitlisted
            }
            None => self.waitlisted,
        };
        u32::try_from(position).unwrap_or(u32::MAX)
    }

    pub(super) fn leave_waitlist(&mut self, division: Option<DivisionId>) {
        self.waitlisted -= 1;
        if let Some(division) = self.division_mut(division) {
            division.waitlisted -= 1;
        }
    }
}

impl DivisionState {
    /// Returns the number of free seats; `None` if only the competition's capacity limits the division.
    #[must_use]
    pub fn seats_left(&self) -> Option<i32> {
        Some(self.capacity? - self.taken)
    }

    /// Returns the number of free seats that are not set aside; `None` if only the competition's capacity limits the
    /// division.
    #[must_use]
    pub fn open_seats(&self) -> Option<i32> {
        Some(self.seats_left()? - self.reserved)
    }

    fn promotable(&self) -> i32 {
        let open = self.open_seats().unwrap_or(i32::MAX);
        self.waitlisted.min(open)
    }
}

impl<F: FnMut() -> RegistrationId> Decision<F> {
    pub(super) fn cancel(&mut self, id: RegistrationId, by: UserId) -> Result<(), DomainError> {
        if let Some(owner) = self.cancelled.get(&id) {
            // Cancelling twice is no error.
            return if *owner == by {
                Ok(())
            } else {
                Err(DomainError::NotFound)
            };
        }
        let live = match self.live.get(&id) {
            Some(live) if live.user == by => *live,
            _ => return Err(DomainError::NotFound),
        };
        if self.state.is_none() {
            return Err(DomainError::NotFound);
        }
        self.give_back(live, Notification::Cancellation);
        self.promote();
        Ok(())
    }

    /// Cancels a live registration, whose seat or position is free then.
    pub(super) fn give_back(&mut self, live: LiveRegistration, notification: Notification) {
        let LiveRegistration {
            id,
            user,
            status,
            division,
            code,
        } = live;
        if !status.holds_seat() {
            self.leave_waitlist(id, division);
            self.plan.counts.left_waitlist += 1;
        } else if let Some(state) = &mut self.state {
            state.free_seat(division);
            self.plan.counts.cancelled += 1;
        }
        if let Some(code) = code {
            self.give_back_use(code);
        }
        self.live.remove(&id);
        self.by_user.remove(&user);
        self.cancelled.insert(id, user);
        self.plan.cancel.push(id);
        self.plan.notifications.push((id, user, notification));
    }
}
