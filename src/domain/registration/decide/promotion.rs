//! Decides who gets a free seat: the first on the waitlist whose division has one.
//!
//! Within a division nobody is overtaken. Somebody who is further behind gets a seat first only if the division of those
//! before is full.

use super::{Decision, Notification, WaitingRegistration};
use crate::model::{DivisionId, RegistrationId, RegistrationStatus};

impl<F: FnMut() -> RegistrationId> Decision<F> {
    /// Removes a registration from the waitlist, wherever it waits.
    pub(super) fn leave_waitlist(&mut self, id: RegistrationId, division: Option<DivisionId>) {
        if let Some(state) = &mut self.state {
            state.leave_waitlist(division);
        }
        self.waitlist.remove(id, division);
    }

    /// Returns how many registrations get the seats that are free by now: more than this transaction promotes, which
    /// is bounded, are promoted by those that follow.
    pub(super) fn promoted_next(&self) -> usize {
        let state = self.state.as_ref();
        let state = state.filter(|state| state.promotes_waitlist(self.context.now));
        let count = state.map_or(0, |state| state.promotable().min(state.open_seats()));
        usize::try_from(count).unwrap_or(0)
    }

    /// Gives free seats to the waitlist.
    pub(super) fn promote(&mut self) {
        let Some(state) = &mut self.state else { return };
        if !state.promotes_waitlist(self.context.now) {
            return;
        }
        while state.open_seats() > 0 {
            let has_seat = |division| state.has_seat(division);
            let Some(WaitingRegistration {
                id, user, division, ..
            }) = self.waitlist.take_first(has_seat)
            else {
                return;
            };
            state.take_seat(division);
            state.leave_waitlist(division);
            if let Some(live) = self.live.get_mut(&id) {
                live.status = RegistrationStatus::Pending;
            }
            self.plan.promote.push(id);
            self.plan.counts.promoted += 1;
            self.plan
                .notifications
                .push((id, user, Notification::Promotion));
        }
    }
}
