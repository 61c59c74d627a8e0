//! Decides what organizers do to registrations: by exception, but never beyond the capacity.

use serde_json::{Value, json};

use super::{
    Decision, Notification,
    place_request::{AdmissionRule, PlaceRequest},
};
use crate::{
    domain::registration::{
        command::Reply,
        competition_state::CompetitionState,
        organizer_commands::{Addition, BulkAct},
        outcome::{Outcome, RegistrationReply},
    },
    model::{
        Answers, BulkAction, BulkItemView, BulkOutcome, BulkResultView, CompetitionStatus,
        DomainError, Permission, RegistrationId, RegistrationStatus,
        forms::{FieldErrors, FieldProblem},
    },
    store::InfrastructureError,
};

/// The most registrations that the record of an act names.
pub(super) const RECORDED: usize = 50;

/// Returns what the audit log says about an act: what was done to how many, why, and to which.
fn detail_of(act: &BulkAct, result: &BulkResultView) -> Value {
    let done = result.results.iter();
    let done = done.filter(|item| item.outcome == BulkOutcome::Done);
    let ids: Vec<_> = done
        .take(RECORDED)
        .map(|item| item.registration_id)
        .collect();
    let mut detail = json!({
        "act": act.action,
        "done": result.done,
        "promoted": result.promoted,
        "registrations": ids,
    });
    if let Some(reason) = &act.reason {
        detail["reason"] = json!(reason);
    }
    detail
}

impl<F: FnMut() -> RegistrationId> Decision<F> {
    pub(super) fn add(&mut self, addition: &Addition) -> Result<Reply, InfrastructureError> {
        let Addition {
            by,
            user,
            division,
            key,
            fingerprint,
            record,
        } = addition;
        if let Some(reply) = self.earlier(by.id, key, fingerprint) {
            return Ok(reply);
        }
        if let Err(error) = self.permits(addition.by, Permission::ManagePeople) {
            return Ok(Reply::Done(Err(error)));
        }
        if !self.users.contains(user) {
            let problem = FieldProblem::UnusableAddress;
            let unusable = FieldErrors::one("email", problem);
            return Ok(Reply::Done(Err(DomainError::Invalid(unusable))));
        }
        // The organizer does not answer for the participant, who can do so until the start.
        let answers = Answers::new();
        let request = PlaceRequest {
            user: *user,
            key,
            division: *division,
            answers: &answers,
            code: None,
            admission: AdmissionRule::ByOrganizer,
        };
        let outcome = match self.take_seat(request) {
            Err(error @ DomainError::Invalid(_)) => return Ok(Reply::Done(Err(error))),
            outcome => Outcome::from(outcome),
        };
        if outcome.registration().is_ok() {
            self.plan.audit.extend(record.clone());
        }
        let stored = self.stored(outcome, fingerprint, by.language)?;
        self.keep(by.id, key, &stored);
        Ok(Reply::Outcome(RegistrationReply {
            stored,
            replayed: false,
        }))
    }

    pub(super) fn act(&mut self, act: &BulkAct) -> Result<Reply, InfrastructureError> {
        let key = act.key.as_ref();
        if let Some(reply) = key.and_then(|key| self.earlier(act.by.id, key, &act.fingerprint)) {
            return Ok(reply);
        }
        if let Err(error) = self.permits(act.by, Permission::ManagePeople) {
            return Ok(Reply::Done(Err(error)));
        }
        let outcome = match self.done(act) {
            Ok(result) => Outcome::Bulk(result),
            Err(error) => Outcome::Refused(error),
        };
        let stored = self.stored(outcome, &act.fingerprint, act.by.language)?;
        if let Some(key) = key {
            self.keep(act.by.id, key, &stored);
        }
        Ok(Reply::Outcome(RegistrationReply {
            stored,
            replayed: false,
        }))
    }

    fn done(&mut self, act: &BulkAct) -> Result<BulkResultView, DomainError> {
        let is_published = self
            .state
            .as_ref()
            .is_some_and(|state| state.rules.status == CompetitionStatus::Published);
        if act.action != BulkAction::Cancel && !is_published {
            return Err(DomainError::RegistrationClosed);
        }
        let reason = act.reason.as_deref().map(Into::into);
        let one = |id: &RegistrationId| BulkItemView {
            registration_id: *id,
            outcome: match act.action {
                BulkAction::Cancel => {
                    self.remove(*id, &Notification::Removal(Option::clone(&reason)))
                }
                BulkAction::Promote => self.promote_out_of_turn(*id),
                BulkAction::Resend => self.resend(*id),
            },
        };
        let results = act.ids.iter().map(one).collect();
        // Only now, so that no registration is promoted that is cancelled next.
        let mut promoted = 0;
        if act.action == BulkAction::Cancel {
            let before = self.plan.promote.len();
            self.promote();
            promoted = self.plan.promote.len() - before + self.promoted_next();
        }
        let state = self.state.as_ref();
        let result = BulkResultView {
            action: act.action,
            dry_run: act.dry_run,
            results,
            done: 0,
            unchanged: 0,
            refused: 0,
            promoted: u32::try_from(promoted).unwrap_or(u32::MAX),
            seats_left: state.map_or(0, CompetitionState::open_seats),
            waitlisted: state.map_or(0, |state| state.waitlisted),
        }
        .count();
        if result.done > 0
            && let Some(mut record) = act.record.clone()
        {
            record.detail = detail_of(act, &result);
            self.plan.audit.push(record);
        }
        Ok(result)
    }

    fn remove(&mut self, id: RegistrationId, notification: &Notification) -> BulkOutcome {
        match self.live.get(&id).copied() {
            Some(live) => {
                self.give_back(live, notification.clone());
                BulkOutcome::Done
            }
            None if self.cancelled.contains_key(&id) => BulkOutcome::Unchanged,
            None => BulkOutcome::NotFound,
        }
    }

    fn promote_out_of_turn(&mut self, id: RegistrationId) -> BulkOutcome {
        let (Some(live), Some(state)) = (self.live.get_mut(&id), &mut self.state) else {
            return self.without(id);
        };
        if live.status.holds_seat() {
            return BulkOutcome::Unchanged;
        }
        if state.open_seats() <= 0 {
            return BulkOutcome::CompetitionFull;
        }
        if !state.has_seat(live.division) {
            return BulkOutcome::DivisionFull;
        }
        live.status = RegistrationStatus::Pending;
        state.take_seat(live.division);
        let (user, division) = (live.user, live.division);
        self.leave_waitlist(id, division);
        self.plan.counts.promoted += 1;
        self.plan.promote.push(id);
        let notification = (id, user, Notification::Promotion);
        self.plan.notifications.push(notification);
        BulkOutcome::Done
    }

    fn resend(&mut self, id: RegistrationId) -> BulkOutcome {
        match self.live.get(&id) {
            Some(live) if live.status.holds_seat() => {
                self.plan.resend.push((id, live.user));
                BulkOutcome::Done
            }
            Some(_) => BulkOutcome::NoSeat,
            None => self.without(id),
        }
    }

    /// Returns why nothing can be done with a registration that is not live.
    fn without(&self, id: RegistrationId) -> BulkOutcome {
        match self.cancelled.contains_key(&id) {
            true => BulkOutcome::Cancelled,
            false => BulkOutcome::NotFound,
        }
    }
}
