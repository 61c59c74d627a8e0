//! Decides about codes: their uses, the seats that are set aside for them, and changes of the organizer.
//!
//! A code counts the live registrations that use it, with a seat or on the waitlist, so that a registration that is cancelled
//! gives its use back. For each use of a `RESERVED` code that nobody has made, a seat of the competition is set aside, and
//! one of the code's division if it is for one:
//!
//! ```text
//!                  registers: a seat is taken, one less is set aside
//!  seats set aside ─────────────────────────────────────────────────▶ seats taken
//!        │         ◀─────────────────────────────────────────────────
//!        │         cancels: the seat is set aside again, unless the code has expired or was deleted
//!        ▼ expires, is deleted, or gets fewer uses
//!  open seats, first for the waitlist
//! ```
//!
//! So a registration with such a code never waits, and it neither takes a seat from the waitlist nor gives one to it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::Decision;
use crate::{
    domain::registration::{
        code_commands::{CodeAction, CodeChange},
        code_state::{CodeState, request_key},
        competition_state::CompetitionState,
    },
    model::{
        CodeId, CodeKind, DivisionId, DomainError, Permission, RegistrationId,
        forms::{CODES_MAX, CodePatch, CodeProblem, FieldErrors, FieldProblem},
    },
};

impl CompetitionState {
    /// Sets more seats aside for a code, or fewer.
    fn set_aside(&mut self, division: Option<DivisionId>, more: i32) {
        self.codes.reserved += more;
        if let Some(division) = self.division_mut(division) {
            division.reserved += more;
        }
    }

    /// Returns the division that a code is for. One whose division was removed counts as one without.
    pub(super) fn division_of(&self, code: &CodeState) -> Option<DivisionId> {
        code.division.filter(|id| self.division(*id).is_some())
    }

    /// Checks whether the seat that is set aside for a code can be one of a division: a code without a division sets
    /// aside no seat of any.
    ///
    /// # Errors
    /// Returns [`DomainError::DivisionFull`].
    pub(super) fn reserved_seat(
        &self,
        code: &CodeState,
        division: Option<DivisionId>,
    ) -> Result<(), DomainError> {
        let other = division.filter(|_| self.division_of(code).is_none());
        let open = other.and_then(|id| self.division(id)?.open_seats());
        match open {
            Some(..=0) => Err(DomainError::DivisionFull),
            _ => Ok(()),
        }
    }

    /// Checks that so many more seats can be set aside, which are open.
    fn can_set_aside(&self, division: Option<DivisionId>, more: i32) -> Result<(), DomainError> {
        let of_division = division.and_then(|id| self.division(id));
        let of_division = of_division.and_then(|division| division.open_seats());
        let open = self
            .open_seats()
            .min(of_division.unwrap_or(i32::MAX))
            .max(0);
        match more <= open {
            true => Ok(()),
            false => Err(invalid(
                "maxUses",
                CodeProblem::NotEnoughSeats(u64::from(open.unsigned_abs())),
            )),
        }
    }
}

impl<F: FnMut() -> RegistrationId> Decision<F> {
    /// Releases the seats of codes that have expired.
    pub(super) fn release_expired(&mut self, next: Option<Option<DateTime<Utc>>>) {
        let now = self.context.now;
        let Some(state) = &mut self.state else { return };
        for code in self.codes.values_mut() {
            let seats = code.set_aside();
            let holds = code.kind == CodeKind::Reserved
                && code.released_at.is_none()
                && code.removed_at.is_none();
            if holds && code.has_expired(now) {
                state.set_aside(code.division, -seats);
                code.released_at = Some(now);
            }
        }
        if let Some(next) = next {
            state.codes.due_at = next;
        }
    }

    /// Counts one more use of a code.
    pub(super) fn count_use(&mut self, id: CodeId) {
        let (Some(code), Some(state)) = (self.codes.get_mut(&id), &mut self.state) else {
            return;
        };
        if code.set_aside() > 0 {
            state.set_aside(code.division, -1);
        }
        code.uses += 1;
    }

    /// Gives a use of a code back. If seats are set aside for the code, the one that has just become free is, too.
    pub(super) fn give_back_use(&mut self, id: CodeId) {
        let (Some(code), Some(state)) = (self.codes.get_mut(&id), &mut self.state) else {
            return;
        };
        let before = code.set_aside();
        code.uses -= 1;
        state.set_aside(code.division, code.set_aside() - before);
    }

    /// Changes the codes of the competition for its organizer.
    pub(super) fn change_codes(&mut self, change: &CodeChange) -> Result<(), DomainError> {
        self.permits(change.by, Permission::Edit)?;
        if self.was_done(change)? {
            return Ok(());
        }
        let had_codes = self.has_codes();
        // What is refused has changed nothing.
        let (state, codes) = (self.state.clone(), self.codes.clone());
        let done = match &change.action {
            CodeAction::Add(added) => self.add_codes(added),
            CodeAction::Edit(id, patch) => self.edit_code(*id, patch),
            CodeAction::Remove(id) => self.remove_code(*id),
        };
        if done.is_err() {
            (self.state, self.codes) = (state, codes);
            return done;
        }
        let begins_or_ends = had_codes != self.has_codes();
        if let Some(state) = &mut self.state {
            // An open page learns of another number of open seats.
            state.version += 1;
            if begins_or_ends {
                // It is read again after an edit, and gets the field for a code or loses it.
                state.edited_at_version = state.version;
            }
        }
        self.plan.begins_or_ends_codes |= begins_or_ends;
        self.plan.counts_codes = true;
        self.plan.audit.extend(change.record.clone());
        // Seats that are not set aside any more have the waitlist.
        self.promote();
        Ok(())
    }

    fn has_codes(&self) -> bool {
        let state = self.state.as_ref();
        state.is_some_and(|state| state.codes.count > 0)
    }

    /// Returns whether these codes are there already: an earlier request with the same key has generated them, or this
    /// change was committed and is decided again, since the reply to its commit was lost.
    fn was_done(&self, change: &CodeChange) -> Result<bool, DomainError> {
        let CodeAction::Add(added) = &change.action else {
            return Ok(false);
        };
        if added
            .first()
            .is_some_and(|code| self.codes.contains_key(&code.id))
        {
            return Ok(true);
        }
        let Some(request) = added.first().and_then(|code| code.request.as_deref()) else {
            return Ok(false);
        };
        let mut known = self
            .codes
            .values()
            .filter_map(|code| code.request.as_deref());
        match known.find(|known| request_key(known) == request_key(request)) {
            Some(known) if known == request => Ok(true),
            Some(_) => Err(DomainError::IdempotencyKeyReused),
            None => Ok(false),
        }
    }

    fn add_codes(&mut self, added: &[CodeState]) -> Result<(), DomainError> {
        let now = self.context.now;
        let state = self.state.as_mut().ok_or(DomainError::NotFound)?;
        let count = usize::try_from(state.codes.count).unwrap_or(0) + added.len();
        if count > CODES_MAX {
            let field = if added.len() > 1 { "count" } else { "code" };
            return Err(invalid(field, CodeProblem::TooManyCodes(CODES_MAX as u64)));
        }
        for code in added {
            if code.division.is_some_and(|id| state.division(id).is_none()) {
                return Err(invalid("divisionId", FieldProblem::UnknownDivision));
            }
            let taken =
                |other: &CodeState| other.digest == code.digest && other.removed_at.is_none();
            if self.codes.values().any(taken) {
                return Err(invalid("code", CodeProblem::Taken));
            }
            let mut code = code.clone();
            // It may have expired while the command waited. Then no seat is set aside that would have to come back.
            if code.kind == CodeKind::Reserved && code.has_expired(now) {
                code.released_at = Some(now);
            }
            let seats = code.set_aside();
            state.can_set_aside(code.division, seats)?;
            state.set_aside(code.division, seats);
            state.note_expiry(&code);
            state.codes.count += 1;
            self.codes.insert(code.id, code);
        }
        Ok(())
    }

    fn edit_code(&mut self, id: CodeId, patch: &CodePatch) -> Result<(), DomainError> {
        let now = self.context.now;
        let state = self.state.as_mut().ok_or(DomainError::NotFound)?;
        let code = existing(&mut self.codes, id)?;
        let before = code.set_aside();
        if let Some(label) = &patch.label {
            code.label.clone_from(label);
        }
        if let Some(max_uses) = patch.max_uses {
            code.max_uses = i32::try_from(max_uses).unwrap_or(i32::MAX);
        }
        if let Some(email) = &patch.email {
            code.email.clone_from(email);
        }
        if let Some(expires_at) = patch.expires_at {
            code.expires_at = expires_at;
        }
        if code.max_uses < code.uses {
            let uses = u64::from(code.uses.unsigned_abs());
            return Err(invalid("maxUses", CodeProblem::BelowUses(uses)));
        }
        code.released_at = match (code.has_expired(now), code.kind) {
            (true, CodeKind::Reserved) => code.released_at.or(Some(now)),
            _ => None,
        };
        let more = code.set_aside() - before;
        // A division without seats that are set aside may have been removed meanwhile.
        if more > 0 && code.division.is_some_and(|id| state.division(id).is_none()) {
            return Err(invalid("divisionId", FieldProblem::UnknownDivision));
        }
        state.can_set_aside(code.division, more)?;
        state.set_aside(code.division, more);
        state.note_expiry(code);
        Ok(())
    }

    fn remove_code(&mut self, id: CodeId) -> Result<(), DomainError> {
        let state = self.state.as_mut().ok_or(DomainError::NotFound)?;
        let code = existing(&mut self.codes, id)?;
        state.set_aside(code.division, -code.set_aside());
        state.codes.count -= 1;
        code.removed_at = Some(self.context.now);
        Ok(())
    }

    /// Puts the codes that have changed into the plan.
    pub(super) fn compare_codes(&mut self) {
        let counters = |state: &Option<CompetitionState>| state.as_ref().map(|state| state.codes);
        self.plan.counts_codes |= counters(&self.before) != counters(&self.state);
        let mut after: Vec<_> = std::mem::take(&mut self.codes).into_values().collect();
        after.sort_by_key(|code| code.id);
        for code in after {
            match self.codes_before.get(&code.id) {
                None => self.plan.codes.added.push(code),
                Some(was) if *was == code => {}
                Some(was) if is_counted(was, &code) => self.plan.codes.counted.push(code),
                Some(_) => self.plan.codes.edited.push(code),
            }
        }
    }
}

impl CompetitionState {
    /// Remembers when the seats that are set aside for a code come back.
    fn note_expiry(&mut self, code: &CodeState) {
        let holds = code.kind == CodeKind::Reserved && code.released_at.is_none();
        if let Some(expires_at) = code.expires_at.filter(|_| holds) {
            let due_at = self
                .codes
                .due_at
                .map_or(expires_at, |due| due.min(expires_at));
            self.codes.due_at = Some(due_at);
        }
    }
}

/// Returns a code that was not deleted.
fn existing(
    codes: &mut HashMap<CodeId, CodeState>,
    id: CodeId,
) -> Result<&mut CodeState, DomainError> {
    let code = codes.get_mut(&id).filter(|code| code.removed_at.is_none());
    code.ok_or(DomainError::NotFound)
}

/// Returns whether only the uses of a code differ.
fn is_counted(was: &CodeState, is: &CodeState) -> bool {
    let uses = is.uses;
    *is == CodeState {
        uses,
        ..was.clone()
    }
}

fn invalid(field: &str, problem: impl Into<FieldProblem>) -> DomainError {
    DomainError::Invalid(FieldErrors::one(field, problem))
}
