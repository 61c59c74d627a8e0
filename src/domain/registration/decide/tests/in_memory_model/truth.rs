//! What is true of an in-memory model after each transaction, and of each reply.

use super::*;
use crate::model::{CodeKind, Ineligibility};

impl InMemoryModel {
    pub(super) fn assert_seat_invariant(&self) {
        let state = &self.state;
        assert!(
            (0..=state.capacity).contains(&state.seats_left),
            "{state:?}"
        );
        let seated = self.rows.values().filter(|row| row.status.holds_seat());
        let seated = i32::try_from(seated.count()).unwrap();
        assert_eq!(state.capacity - state.seats_left, seated, "seats are kept");
        let waiting = self.waitlist();
        assert_eq!(usize::try_from(state.waitlisted).unwrap(), waiting.len());
        let mut people: Vec<_> = self.live().map(|(_, row)| row.user).collect();
        people.sort();
        let lives = people.len();
        people.dedup();
        assert_eq!(lives, people.len(), "one live registration a participant");
        let open =
            state.rules.status == CompetitionStatus::Published && self.now < state.rules.starts_at;
        let waits_for_nothing = |one: &WaitingRegistration| !state.has_seat(one.division);
        assert!(
            !open || waiting.iter().all(waits_for_nothing) || self.unfinished,
            "a seat is free while a registration waits for it"
        );
        let in_turn = |division| {
            let rows = self.rows.iter();
            let of_division = rows.filter(move |(_, row)| row.division == division);
            let seated = of_division
                .filter(|(id, row)| row.status.holds_seat() && !self.exceptions.contains(id));
            seated.filter_map(|(_, row)| row.waitlist_seq)
        };
        for one in &waiting {
            if let Some(last_in) = in_turn(one.division).max() {
                assert!(
                    last_in < one.seq,
                    "a registration was overtaken in its division"
                );
            }
        }
        self.assert_invariant_of_divisions();
        self.assert_invariant_of_codes();
    }

    fn assert_invariant_of_divisions(&self) {
        for division in &self.divisions {
            let rows = || {
                self.rows
                    .values()
                    .filter(|row| row.division == Some(division.id))
            };
            let seated = rows().filter(|row| row.status.holds_seat()).count();
            let waiting = rows().filter(|row| row.status == RegistrationStatus::Waitlisted);
            let counted = [seated, waiting.count()].map(|count| i32::try_from(count).unwrap());
            assert_eq!(
                [division.taken, division.waitlisted],
                counted,
                "{division:?}"
            );
            assert!(
                division.seats_left().is_none_or(|left| left >= 0),
                "{division:?}"
            );
        }
        for (_, row) in self.live() {
            let is_one = |id| self.divisions.iter().any(|division| division.id == id);
            let fits = row.division.map_or(self.divisions.is_empty(), is_one);
            assert!(
                fits,
                "a live registration is in exactly one division, if there are any"
            );
        }
    }

    /// Checks that nobody got a seat whom somebody with a seat in their own division preceded.
    fn assert_promoted_in_turn(&self, before: &Self) {
        let state = &before.state;
        if before.unfinished || state.open_seats().min(state.promotable()) > 0 {
            return;
        }
        let promoted = |id: &RegistrationId, row: &&Row| {
            let waited = before.rows.get(id).map(|row| row.status);
            waited == Some(RegistrationStatus::Waitlisted)
                && row.status.holds_seat()
                && !self.exceptions.contains(id)
        };
        let promoted = self.rows.iter().filter(|(id, row)| promoted(id, row));
        let last = promoted.filter_map(|(_, row)| row.waitlist_seq).max();
        for passed in self.waitlist() {
            let division = passed.division.and_then(|id| self.state.division(id));
            let is_full = division.is_some_and(|division| division.open_seats() == Some(0));
            assert!(
                is_full || last.is_none_or(|last| last < passed.seq),
                "a registration whose division has a seat was passed"
            );
        }
    }

    /// Executes one command alone, and checks that its reply is true.
    pub(in super::super) fn execute_one(&mut self, command: &Command) -> Reply {
        let before = self.clone();
        let reply = self.execute(std::slice::from_ref(command)).remove(0);
        self.assert_promoted_in_turn(&before);
        match (command, &reply) {
            (
                Command::Register {
                    user,
                    fingerprint,
                    division,
                    code,
                    ..
                },
                Reply::Outcome(RegistrationReply { stored, replayed }),
            ) => {
                assert_eq!(&stored.fingerprint, fingerprint);
                let has_one = before.live().any(|(_, row)| row.user == *user);
                let outcome = stored.outcome.as_ref().unwrap();
                let registered = !replayed && outcome.registration().is_ok();
                let named = before.code_with(code.as_ref());
                let may_use = named.filter(|code| !code.has_expired(self.now));
                let reserved = may_use.is_some_and(|code| code.kind == CodeKind::Reserved);
                let open = before.state.takes_registrations(self.now).is_ok();
                assert!(open || !registered, "registered while it is not open");
                match outcome.registration() {
                    _ if *replayed => {}
                    Ok(view) if view.status == RegistrationStatus::Waitlisted => {
                        assert!(
                            !self.state.has_seat(view.division_id),
                            "the waitlist is for full competitions and divisions"
                        );
                        let place = view.waitlist_position.unwrap();
                        let line = self.line(view.division_id);
                        assert_eq!(usize::try_from(place).unwrap(), line.len());
                    }
                    Ok(view) => {
                        assert!(division.is_none_or(|id| view.division_id == Some(id)));
                        assert!(may_use.is_none_or(|code| code.uses < code.max_uses));
                        assert_eq!(
                            may_use.is_some(),
                            code.is_some(),
                            "registered without the code"
                        );
                        if reserved {
                            let open = [&before, &*self].map(|model| model.state.open_seats());
                            assert!(open[0] <= open[1], "the seat was not the one set aside");
                            return reply;
                        }
                        let comes_back = before.releases_seats(self.now);
                        assert!(before.state.has_seat(view.division_id) || comes_back);
                        assert!(!has_one);
                        let still = self.line(view.division_id).len();
                        assert_eq!(still, 0, "a new registration got a seat of the waitlist");
                    }
                    Err(DomainError::CompetitionFull) => {
                        assert!(!reserved);
                        assert_eq!(self.state.open_seats(), 0, "\"full\" while seats are left");
                    }
                    Err(DomainError::DivisionFull) => {
                        let division = division.and_then(|id| self.state.division(id));
                        let left = division.unwrap().open_seats();
                        assert_eq!(left, Some(0), "\"full\" while the division has seats");
                        assert!(
                            reserved || self.state.open_seats() > 0,
                            "the competition is full"
                        );
                    }
                    Err(DomainError::CodeUsedUp) => {
                        assert!(may_use.is_some_and(|code| code.uses == code.max_uses));
                    }
                    Err(DomainError::NotEligible(Ineligibility::Code)) => {
                        assert!(may_use.is_none() && code.is_some());
                    }
                    Err(DomainError::AlreadyRegistered) => assert!(has_one),
                    Err(DomainError::RegistrationClosed) => {
                        let refusal = before.state.takes_registrations(self.now);
                        assert_eq!(refusal, Err(DomainError::RegistrationClosed));
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
            (Command::Register { user, key, .. }, Reply::Done(Err(refusal)))
                if matches!(
                    refusal,
                    DomainError::NotOpenYet { .. } | DomainError::RegistrationPaused { .. }
                ) =>
            {
                let expected = before.state.takes_registrations(self.now);
                assert_eq!(expected.as_ref(), Err(refusal), "not open although it is");
                let stored = self.outcomes.get(&(*user, key.clone()));
                let is_new = stored.is_none_or(|stored| stored.expires_at <= self.now);
                assert!(
                    is_new,
                    "a refusal before the opening or during a pause is stored"
                );
            }
            (Command::Cancel { registration, .. }, Reply::Done(Ok(()))) => {
                let now = &self.rows[registration];
                assert_eq!(now.status, RegistrationStatus::Cancelled);
            }
            (Command::Add(_), Reply::Outcome(RegistrationReply { stored, .. })) => {
                let outcome = stored.outcome.as_ref().unwrap();
                if let Ok(view) = outcome.registration() {
                    assert!(before.state.takes_additions().is_ok());
                    let takes_seat = view.status.holds_seat();
                    assert!(
                        !takes_seat
                            || before.state.has_seat(view.division_id)
                            || before.releases_seats(self.now),
                        "beyond the capacity"
                    );
                }
            }
            (Command::Act(act), Reply::Outcome(RegistrationReply { stored, .. })) => {
                self.assert_act_is_true(&before, act, stored.outcome.as_ref().unwrap());
            }
            (Command::Undo(undo), Reply::Outcome(RegistrationReply { stored, .. })) => {
                assert!(before.open(), "undone although it is too late");
                let undone = stored.outcome.as_ref().unwrap().undone().unwrap();
                let count = |seated: bool| {
                    let rows = self
                        .rows
                        .iter()
                        .filter(|(id, _)| !before.rows.contains_key(*id));
                    let rows = rows.filter(|(_, row)| row.status.holds_seat() == seated);
                    u32::try_from(rows.count()).unwrap()
                };
                assert_eq!((undone.seated, undone.waiting), (count(true), count(false)));
                let all = undone.seated + undone.waiting + undone.left_out;
                assert_eq!(usize::try_from(all).unwrap(), undo.people.len());
                let kept = |(id, row): (&RegistrationId, &Row)| self.rows[id] == *row;
                let mut seated = before
                    .rows
                    .iter()
                    .filter(|(_, row)| row.status.holds_seat());
                assert!(seated.all(kept), "somebody lost a seat to who came back");
            }
            (Command::Revise(_), Reply::Done(Ok(()))) => {
                let state = &self.state;
                assert!(state.open_seats() == 0 || state.promotable() == 0 || !self.open());
            }
            (Command::ChangeDivision(change), Reply::Done(Ok(()))) => {
                let is_there = |id: &DivisionId| self.state.division(*id).is_some();
                match &change.action {
                    DivisionAction::Add(id, _) | DivisionAction::Edit(id, _) => {
                        assert!(is_there(id));
                    }
                    DivisionAction::Remove(id) => assert!(!is_there(id)),
                }
                let state = &self.state;
                assert!(state.open_seats() == 0 || state.promotable() == 0 || !self.open());
            }
            (Command::SetPaused(change), Reply::Done(Ok(()))) => {
                assert_eq!(self.state.rules.paused, change.paused);
                self.assert_only_promoted(&before);
            }
            (Command::Register { .. }, Reply::OtherQuestions) => {
                self.assert_only_promoted(&before);
            }
            (Command::ChangeCodes(_), Reply::Done(Ok(()))) => {
                let state = &self.state;
                assert!(state.open_seats() == 0 || state.promotable() == 0 || !self.open());
            }
            (_, Reply::Done(Err(_))) => {}
            (command, reply) => panic!("{reply:?} to {command:?}"),
        }
        reply
    }

    /// Returns whether a transaction at this time releases seats: those of codes that have expired.
    fn releases_seats(&self, now: DateTime<Utc>) -> bool {
        self.codes.iter().any(|code| {
            code.kind == CodeKind::Reserved
                && code.removed_at.is_none()
                && code.released_at.is_none()
                && code.has_expired(now)
        })
    }

    /// Checks that the command decided nothing about registrations. All that its transaction may have done is to seat
    /// people who waited although seats were free, or for seats of codes that have expired.
    fn assert_only_promoted(&self, before: &Self) {
        let has_both = before.state.open_seats().min(before.state.promotable()) > 0;
        if !before.releases_seats(self.now) && !before.unfinished && !has_both {
            assert_eq!(before.rows, self.rows, "nothing was decided");
        }
        assert_eq!(before.rows.len(), self.rows.len(), "nobody was registered");
        for (id, row) in &self.rows {
            let was = &before.rows[id];
            let promoted = was.status == RegistrationStatus::Waitlisted && row.status.holds_seat();
            assert!(promoted || row == was, "{was:?} became {row:?}");
        }
    }

    fn assert_act_is_true(&self, before: &Self, act: &BulkAct, outcome: &Outcome) {
        let result = match outcome.bulk() {
            Ok(result) => result,
            Err(error) => {
                assert_eq!(error, &DomainError::RegistrationClosed);
                assert_ne!(before.state.rules.status, CompetitionStatus::Published);
                return;
            }
        };
        assert_eq!(result.results.len(), act.ids.len());
        for item in &result.results {
            let (was, is) = (
                before.rows[&item.registration_id].status,
                self.rows[&item.registration_id].status,
            );
            let expected = match (act.action, item.outcome) {
                (BulkAction::Cancel, _) => is == RegistrationStatus::Cancelled,
                (BulkAction::Promote, BulkOutcome::Done | BulkOutcome::Unchanged) => {
                    is.holds_seat()
                }
                (_, BulkOutcome::CompetitionFull) => self.state.open_seats() == 0,
                (_, BulkOutcome::DivisionFull) => {
                    let division = self.rows[&item.registration_id].division;
                    self.state.open_seats() > 0 && !self.state.has_seat(division)
                }
                (_, BulkOutcome::Cancelled) => !was.is_live(),
                (_, BulkOutcome::NoSeat) => !is.holds_seat(),
                (BulkAction::Resend, _) => {
                    // Before it acts, a transaction seats who waits for a free seat.
                    is.holds_seat() && (is == was || was == RegistrationStatus::Waitlisted)
                }
                (_, BulkOutcome::NotFound) => false,
            };
            assert!(expected, "{item:?}: {was} {is}");
        }
        if result.promoted > 0 {
            let left = self.state.promotable().min(self.state.open_seats());
            let promoted = before.state.waitlisted - self.state.waitlisted + left;
            assert!(result.promoted.cast_signed() <= promoted, "{result:?}");
            assert!(result.promoted.cast_signed() >= left, "{result:?}");
        }
        let seats = (result.seats_left, result.waitlisted);
        assert_eq!(seats, (self.state.open_seats(), self.state.waitlisted));
    }

    fn open(&self) -> bool {
        self.state.rules.status == CompetitionStatus::Published
            && self.now < self.state.rules.starts_at
    }
}
