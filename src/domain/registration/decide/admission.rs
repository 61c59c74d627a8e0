//! Decides who is admitted: whether registration is open for somebody, and which division they have chosen.

use super::{
    Decision, LiveRegistration, NewRegistration, Notification, WaitingRegistration,
    place_request::{AdmissionRule, PlaceRequest},
};
use crate::{
    domain::registration::competition_state::CompetitionState,
    model::{
        CompetitionStatus, DivisionId, DomainError, RegistrationId, RegistrationStatus,
        RegistrationView,
        forms::{FieldErrors, FieldProblem},
    },
};

impl CompetitionState {
    /// Returns the division of a registration that has chosen this one: a competition with divisions requires one of
    /// them, and a competition without divisions takes none.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`] if no division was chosen, or one that the competition does not have.
    pub(in crate::domain::registration) fn chosen_division(
        &self,
        chosen: Option<DivisionId>,
    ) -> Result<Option<DivisionId>, DomainError> {
        let problem = match chosen {
            Some(id) if self.division(id).is_some() => return Ok(chosen),
            Some(_) => FieldProblem::UnknownDivision,
            None if self.divisions.is_empty() => return Ok(None),
            None => FieldProblem::NoDivision,
        };
        let invalid = FieldErrors::one("divisionId", problem);
        Err(DomainError::Invalid(invalid))
    }
}

impl<F: FnMut() -> RegistrationId> Decision<F> {
    /// Takes a seat or joins the waitlist.
    pub(super) fn take_seat(
        &mut self,
        request: PlaceRequest<'_>,
    ) -> Result<RegistrationView, DomainError> {
        let PlaceRequest {
            user,
            key,
            answers,
            admission,
            ..
        } = request;
        let now = self.context.now;
        let state = match &self.state {
            Some(state) if state.rules.status != CompetitionStatus::Draft => state,
            // The organizer knows the draft.
            Some(_) if admission != AdmissionRule::Open => {
                return Err(DomainError::RegistrationClosed);
            }
            _ => return Err(DomainError::NotFound),
        };
        if self.by_user.contains_key(&user) {
            return Err(DomainError::AlreadyRegistered);
        }
        match admission {
            AdmissionRule::Open => state.takes_registrations(now)?,
            AdmissionRule::ByOrganizer | AdmissionRule::Back(_) => state.takes_additions()?,
        }
        let (code, former) = match admission {
            AdmissionRule::Open => (self.admitted_code(&request, state)?, None),
            AdmissionRule::ByOrganizer => (None, None),
            AdmissionRule::Back(former) => (self.code_again(former, state), Some(former)),
        };
        let of_code = code.as_ref().and_then(|code| state.division_of(code));
        let division = state.chosen_division(request.division.or(of_code))?;
        if admission == AdmissionRule::Open {
            self.admits_address(&request, state)?;
            state.admits_age(division, answers)?;
        }
        let reserved = Self::has_reserved_seat(code.as_ref());
        let free = match &code {
            Some(code) if reserved => state.reserved_seat(code, division),
            _ => state.spare_seat(division),
        };
        let code = code.map(|code| code.id);
        if let Some(code) = code.filter(|_| reserved) {
            // The seat is not set aside any more, and taken.
            free.clone()?;
            self.count_use(code);
        }
        let Some(state) = &mut self.state else {
            return Err(DomainError::NotFound);
        };
        // A new registration goes behind the waitlist, but who comes back goes to the place of before. Where the
        // waitlist was disabled meanwhile, it may take a seat that none of the waitlisted registrations needs.
        let (status, waitlist_seq, position) = match free {
            Ok(()) => {
                state.take_seat(division);
                self.plan.counts.registered += 1;
                (RegistrationStatus::Pending, None, None)
            }
            Err(_) if state.rules.waitlist_enabled => {
                let position = state.join_waitlist(division);
                self.plan.counts.waitlisted += 1;
                let place_of_before = former.and_then(|former| former.waitlist_seq);
                let (seq, position) = match place_of_before {
                    // How many are ahead of that place was not read.
                    Some(seq) => (seq, None),
                    None => (state.waitlist_seq, Some(position)),
                };
                (RegistrationStatus::Waitlisted, Some(seq), position)
            }
            Err(full) => return Err(full),
        };
        let (competition, schedule_revision) = (state.id, state.schedule_revision);
        let division_name = division
            .and_then(|id| state.division(id))
            .map(|division| division.name.clone());
        if let Some(code) = code.filter(|_| !reserved) {
            self.count_use(code);
        }
        let id = (self.new_id)();
        self.by_user.insert(user, id);
        let live = LiveRegistration {
            id,
            user,
            status,
            division,
            code,
        };
        self.live.insert(id, live);
        self.plan.insert.push(NewRegistration {
            id,
            user,
            key: key.clone(),
            status,
            division,
            waitlist_seq,
            schedule_revision,
            answers: answers.clone(),
            code,
            former: former.map(|former| former.id),
        });
        let notification = match waitlist_seq {
            None => Notification::Confirmation,
            Some(seq) => {
                self.waitlist.push(WaitingRegistration {
                    seq,
                    id,
                    user,
                    division,
                });
                Notification::Waitlist { position }
            }
        };
        self.plan.notifications.push((id, user, notification));
        Ok(RegistrationView {
            registration_id: id,
            user_id: user,
            competition_id: competition,
            status,
            registered_at: now,
            division_id: division,
            division_name,
            waitlist_position: position,
            start_number: None,
            checked_in_at: None,
            // The response does not repeat what the participant has sent: it is stored under the key.
            answers: None,
            ticket_code: None,
            competition_title: None,
            user_name: None,
            user_email: None,
        })
    }
}
