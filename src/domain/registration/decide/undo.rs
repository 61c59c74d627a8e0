//! Decides who comes back when the removal of participants is undone.
//!
//! They are registered again with what they had: the division, the answers and the use of the code. A seat that has gone
//! to somebody else meanwhile stays theirs: then the participant waits, at the place of before if they had waited before.

use serde_json::{Value, json};

use super::{
    Decision,
    organizer_acts::RECORDED,
    place_request::{AdmissionRule, PlaceRequest},
};
use crate::{
    domain::registration::{
        code_state::CodeState,
        command::Reply,
        competition_state::CompetitionState,
        organizer_commands::{FormerRegistration, RemovalUndo},
        outcome::{Outcome, RegistrationReply},
    },
    model::{
        CodeKind, DomainError, IdempotencyKey, Permission, RegistrationId, RegistrationStatus,
        UndoneView,
        forms::{FieldErrors, FieldProblem},
    },
    store::InfrastructureError,
};

/// Returns what the audit log says: how many have come back, and which registrations were cancelled before.
fn detail_of(undo: &RemovalUndo, undone: UndoneView) -> Value {
    let ids = undo.people.iter().take(RECORDED).map(|former| former.id);
    json!({
        "act": "UNDO",
        "done": undone.seated + undone.waiting,
        "seated": undone.seated,
        "waiting": undone.waiting,
        "leftOut": undone.left_out,
        "registrations": ids.collect::<Vec<_>>(),
    })
}

impl<F: FnMut() -> RegistrationId> Decision<F> {
    pub(super) fn undo(&mut self, undo: &RemovalUndo) -> Result<Reply, InfrastructureError> {
        let RemovalUndo {
            by,
            key,
            fingerprint,
            ..
        } = undo;
        if let Some(reply) = self.earlier(by.id, key, fingerprint) {
            return Ok(reply);
        }
        if let Err(error) = self.can_be_undone(undo) {
            return Ok(Reply::Done(Err(error)));
        }
        let mut undone = UndoneView {
            left_out: undo.registered_again,
            ..UndoneView::default()
        };
        for former in &undo.people {
            let count = match self.take_back(former, key) {
                Some(status) if status.holds_seat() => &mut undone.seated,
                Some(_) => &mut undone.waiting,
                None => &mut undone.left_out,
            };
            *count += 1;
        }
        if undone.seated + undone.waiting > 0
            && let Some(mut record) = undo.record.clone()
        {
            record.detail = detail_of(undo, undone);
            self.plan.audit.push(record);
        }
        let stored = self.stored(Outcome::Undone(undone), fingerprint, by.language)?;
        self.keep(by.id, key, &stored);
        Ok(Reply::Outcome(RegistrationReply {
            stored,
            replayed: false,
        }))
    }

    fn can_be_undone(&self, undo: &RemovalUndo) -> Result<(), DomainError> {
        self.permits(undo.by, Permission::ManagePeople)?;
        let state = self.state.as_ref().ok_or(DomainError::NotFound)?;
        let now = self.context.now;
        let has_begun = state.rules.starts_at <= now;
        match undo.until <= now || has_begun || state.takes_additions().is_err() {
            true => {
                let too_late = FieldErrors::one("removal", FieldProblem::UndoTooLate);
                Err(DomainError::Invalid(too_late))
            }
            false => Ok(()),
        }
    }

    /// Registers a participant again, and returns the status; `None` if that is not possible: the account is gone or
    /// registered again, the division was removed, or every place is taken.
    fn take_back(
        &mut self,
        former: &FormerRegistration,
        key: &IdempotencyKey,
    ) -> Option<RegistrationStatus> {
        if !self.users.contains(&former.user) {
            return None;
        }
        let request = PlaceRequest {
            user: former.user,
            key,
            division: former.division,
            answers: &former.answers,
            code: None,
            admission: AdmissionRule::Back(former),
        };
        let registration = self.take_seat(request).ok()?;
        Some(registration.status)
    }

    /// Returns the code that a participant who comes back uses again. If others have used it up, or its seats are not set
    /// aside any more, the participant comes back without a code, as if the organizer had added them.
    pub(super) fn code_again(
        &self,
        former: &FormerRegistration,
        state: &CompetitionState,
    ) -> Option<CodeState> {
        let code = self.codes.get(&former.code?)?;
        let has_use = match code.kind {
            CodeKind::Eligibility => code.uses < code.max_uses,
            CodeKind::Reserved => {
                code.set_aside() > 0 && state.reserved_seat(code, former.division).is_ok()
            }
        };
        has_use.then(|| code.clone())
    }
}
