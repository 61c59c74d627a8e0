//! Decides changes of a competition's divisions.
//!
//! A competition gets its first division only while nobody is registered: a registration would be in none of them, and
//! nobody but its participant can choose. A division is removed only while nobody is registered in it, so the last one
//! leaves a competition without registrations.

use super::Decision;
use crate::{
    domain::registration::{
        competition_state::{CompetitionState, DivisionState},
        organizer_commands::{DivisionAction, DivisionChange},
    },
    model::{
        DivisionId, DomainError, Permission, RegistrationId,
        forms::{DIVISIONS_MAX, DivisionInput, FieldErrors, FieldProblem},
    },
};

impl<F: FnMut() -> RegistrationId> Decision<F> {
    pub(super) fn change_division(&mut self, change: &DivisionChange) -> Result<(), DomainError> {
        self.permits(change.by, Permission::Edit)?;
        let state = self.state.as_ref();
        let asked_age = state.is_some_and(CompetitionState::has_asked_age);
        match &change.action {
            DivisionAction::Add(id, input) => self.add_division(*id, input)?,
            DivisionAction::Edit(id, patch) => {
                let now = self.existing(*id)?.input();
                let input = patch.applied_to(now).check();
                self.edit_division(*id, input.map_err(DomainError::Invalid)?)?;
            }
            DivisionAction::Remove(id) => self.remove_division(*id)?,
        }
        if let Some(state) = &mut self.state {
            state.has_divisions = !state.divisions.is_empty();
            if asked_age != state.asks_age() {
                state.questions_revision += 1;
            }
            // An open page reads the divisions again after an edit.
            state.version += 1;
            state.edited_at_version = state.version;
        }
        self.plan.changes_divisions = true;
        self.plan.audit.extend(change.record.clone());
        // A division with more seats has some for its waitlist.
        self.promote();
        Ok(())
    }

    fn existing(&self, id: DivisionId) -> Result<&DivisionState, DomainError> {
        let division = self.state.as_ref().and_then(|state| state.division(id));
        division.ok_or(DomainError::NotFound)
    }

    fn add_division(&mut self, id: DivisionId, input: &DivisionInput) -> Result<(), DomainError> {
        let state = self.state.as_mut().ok_or(DomainError::NotFound)?;
        if state.divisions.is_empty() && state.has_registrations() {
            return Err(DomainError::RegistrationsWithoutDivision);
        }
        if state.divisions.len() >= DIVISIONS_MAX {
            let problem = FieldProblem::TooManyDivisions(DIVISIONS_MAX as u64);
            let errors = FieldErrors::one("name", problem);
            return Err(DomainError::Invalid(errors));
        }
        name_is_free(&state.divisions, id, &input.name)?;
        let last = state.divisions.last();
        let position = last.map_or(0, |last| last.position + 1);
        let division = DivisionState::new(id, position, input);
        state.divisions.push(division);
        Ok(())
    }

    fn edit_division(&mut self, id: DivisionId, input: DivisionInput) -> Result<(), DomainError> {
        let state = self.state.as_mut().ok_or(DomainError::NotFound)?;
        name_is_free(&state.divisions, id, &input.name)?;
        let mut divisions = state.divisions.iter_mut();
        let division = divisions
            .find(|division| division.id == id)
            .ok_or(DomainError::NotFound)?;
        let edited = DivisionState {
            taken: division.taken,
            waitlisted: division.waitlisted,
            reserved: division.reserved,
            ..DivisionState::new(id, division.position, &input)
        };
        if edited.open_seats().is_some_and(|open| open < 0) {
            return Err(DomainError::CapacityBelowRegistrations);
        }
        *division = edited;
        Ok(())
    }

    fn remove_division(&mut self, id: DivisionId) -> Result<(), DomainError> {
        let division = self.existing(id)?;
        if division.taken > 0 || division.waitlisted > 0 || division.reserved > 0 {
            return Err(DomainError::DivisionHasRegistrations);
        }
        let removed = division.clone();
        if let Some(state) = &mut self.state {
            state.divisions.retain(|division| division.id != id);
        }
        self.plan.divisions.removed.push(removed);
        Ok(())
    }
}

/// Checks that no other division has a name, however it is written: participants must tell them apart.
fn name_is_free(
    divisions: &[DivisionState],
    id: DivisionId,
    name: &str,
) -> Result<(), DomainError> {
    let name = name.to_lowercase();
    let has_it = |other: &DivisionState| other.id != id && other.name.to_lowercase() == name;
    match divisions.iter().any(has_it) {
        true => {
            let taken = FieldErrors::one("name", FieldProblem::DivisionNameTaken);
            Err(DomainError::Invalid(taken))
        }
        false => Ok(()),
    }
}
