//! Decides edits of a competition and pauses of its registration.

use super::{Decision, ReplacedSchedule};
use crate::{
    domain::registration::command::{PauseChange, Revision},
    model::{
        CompetitionStatus, DomainError, Permission, RegistrationId,
        forms::{FieldErrors, FieldProblem},
    },
};

impl<F: FnMut() -> RegistrationId> Decision<F> {
    pub(super) fn revise(&mut self, revision: &Revision) -> Result<(), DomainError> {
        let status = self.state.as_ref().map(|state| state.rules.status);
        let status = status.ok_or(DomainError::NotFound)?;
        self.permits(revision.by, revision.patch.permission(status))?;
        let Some(state) = &mut self.state else {
            return Err(DomainError::NotFound);
        };
        let seen = state.edited_at_version..=state.version;
        if revision
            .expected_version
            .is_some_and(|version| !seen.contains(&version))
        {
            return Err(DomainError::PreconditionFailed);
        }
        let patch = &revision.patch;
        let (was, status) = (
            state.rules.status,
            patch.status.unwrap_or(state.rules.status),
        );
        if !was.may_become(status) {
            let problem = FieldProblem::StatusIsFinal;
            return Err(DomainError::Invalid(FieldErrors::one("status", problem)));
        }
        let times = patch.times(state.times()).map_err(DomainError::Invalid)?;
        let capacity = patch.capacity.map_or(state.capacity, |capacity| {
            i32::try_from(capacity).unwrap_or(i32::MAX)
        });
        let taken = state.capacity - state.seats_left;
        if capacity < taken + state.codes.reserved {
            return Err(DomainError::CapacityBelowRegistrations);
        }
        let eligibility = state.eligibility_after(patch)?;
        let before = state.schedule();
        state.change_eligibility(eligibility);
        if let Some(time_zone) = &patch.time_zone {
            state.time_zone.clone_from(time_zone);
        }
        state.capacity = capacity;
        state.seats_left = capacity - taken;
        state.rules.status = status;
        state.rules.waitlist_enabled = patch
            .waitlist_enabled
            .unwrap_or(state.rules.waitlist_enabled);
        state.rules.opens_at = times.opens_at;
        state.rules.reg_deadline = times.reg_deadline;
        state.rules.starts_at = times.starts_at;
        state.rules.ends_at = times.ends_at;
        if let Some(location) = &patch.location {
            state.location.clone_from(location);
        }
        if was == CompetitionStatus::Published
            && state.rules.status == CompetitionStatus::Published
            && state.has_registrations()
            && before.is_moved_to(&state.schedule(), self.context.now)
        {
            self.plan.former_schedules.push(ReplacedSchedule {
                revision: state.schedule_revision,
                schedule: before,
                notifies: revision.notifies,
            });
            state.schedule_revision += 1;
        }
        // Raised for each edit, so that a second edit in this batch that is based on the same version
        // fails, and for edits of texts alone too.
        state.version += 1;
        state.edited_at_version = state.version;
        self.plan.competition_cancelled |= was == CompetitionStatus::Published
            && state.rules.status == CompetitionStatus::Cancelled;
        self.plan.audit.extend(revision.record.clone());
        let earlier = self.plan.revision.take().unwrap_or_default();
        self.plan.revision = Some(Box::new(earlier.then(patch.clone())));
        self.promote();
        Ok(())
    }

    /// Pauses registration or resumes it. What is the case already is no change, and no error. Promotions go on
    /// during a pause: who is on the waitlist is registered already.
    pub(super) fn set_paused(&mut self, change: &PauseChange) -> Result<(), DomainError> {
        self.permits(change.by, Permission::Edit)?;
        let Some(state) = &mut self.state else {
            return Err(DomainError::NotFound);
        };
        if state.rules.paused == change.paused {
            return Ok(());
        }
        if change.paused && state.is_closed(self.context.now) {
            return Err(DomainError::RegistrationClosed);
        }
        state.rules.paused = change.paused;
        // A pause that ends in the same batch is a change, too.
        state.version += 1;
        self.plan.changes_pause = true;
        self.plan.audit.extend(change.record.clone());
        Ok(())
    }
}
