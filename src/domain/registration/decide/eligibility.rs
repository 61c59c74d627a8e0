//! Decides who may register: the code, the e-mail address and the age.
//!
//! All rules hold together: a code does not make up for a wrong address. A code that nobody has, that is for another
//! competition, address or time, or that was deleted, is refused in the same words, so that nobody learns which codes exist.
//! Whom an organizer adds is not checked.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::{Decision, place_request::PlaceRequest};
use crate::{
    domain::registration::{
        code_state::{Address, CodeState},
        competition_state::CompetitionState,
    },
    model::{
        Answer, Answers, BIRTH_DATE, CodeKind, DivisionId, DomainError, Eligibility, Ineligibility,
        RegistrationId,
        forms::{CodeProblem, CompetitionPatch, FieldErrors, FieldProblem},
        time_zone,
    },
};

impl CompetitionState {
    /// Returns whether those who register are asked for the date of birth: the competition or a division limits the age.
    #[must_use]
    pub fn asks_age(&self) -> bool {
        let mut divisions = self.divisions.iter();
        !self.eligibility.ages_unchecked
            && (self.eligibility.limits_age()
                || divisions.any(|one| one.age_min.is_some() || one.age_max.is_some()))
    }

    /// Returns whether those who register know that they are asked. They are not where a process of an earlier release has
    /// added a division with ages during an upgrade, until the next edit.
    pub(super) fn has_asked_age(&self) -> bool {
        self.questions_revision != 0 && self.asks_age()
    }

    /// Returns who may register after an edit.
    pub(super) fn eligibility_after(
        &self,
        patch: &CompetitionPatch,
    ) -> Result<Eligibility, DomainError> {
        let now = &self.eligibility;
        let age = |new: Option<Option<i64>>, now: Option<i32>| match new {
            Some(age) => age.and_then(|age| i32::try_from(age).ok()),
            None => now,
        };
        let after = Eligibility {
            code_required: patch.code_required.unwrap_or(now.code_required),
            email_domains: match &patch.email_domains {
                Some(domains) => domains.clone(),
                None => now.email_domains.clone(),
            },
            age_min: age(patch.age_min, now.age_min),
            age_max: age(patch.age_max, now.age_max),
            ages_unchecked: patch.ages_unchecked.unwrap_or(now.ages_unchecked),
        };
        if let (Some(min), Some(max)) = (after.age_min, after.age_max)
            && min > max
        {
            let errors = FieldErrors::one("ageMax", FieldProblem::AgesOutOfOrder);
            return Err(DomainError::Invalid(errors));
        }
        Ok(after)
    }

    /// Changes who may register. If the date of birth is asked from now on, or no longer, the questions are others.
    pub(super) fn change_eligibility(&mut self, after: Eligibility) {
        let asked = self.has_asked_age();
        self.eligibility = after;
        if asked != self.asks_age() {
            self.questions_revision += 1;
        }
    }

    /// Checks the age of a participant on the day of the start, at the venue, unless ages are only shown.
    ///
    /// # Errors
    /// Returns [`DomainError::NotEligible`] if the participant is too young or too old, or the date of birth is missing.
    pub(in crate::domain::registration) fn admits_age(
        &self,
        division: Option<DivisionId>,
        answers: &Answers,
    ) -> Result<(), DomainError> {
        // Nobody is refused for want of an answer that is not asked for.
        if !self.has_asked_age() {
            return Ok(());
        }
        let of_division = division.and_then(|id| self.division(id));
        let of_division = of_division.map(|one| (one.age_min, one.age_max));
        let of_competition = (self.eligibility.age_min, self.eligibility.age_max);
        let limits = [Some(of_competition), of_division];
        let mut limits = limits
            .into_iter()
            .flatten()
            .filter(|limit| *limit != (None, None));
        let Some(first) = limits.next() else {
            return Ok(());
        };
        let age = birth_date(answers)
            .map(|birth| age_at(birth, self.rules.starts_at, &self.time_zone))
            // Nobody is born after the start.
            .filter(|age| *age >= 0);
        let admits = |(min, max): (Option<i32>, Option<i32>)| {
            age.is_some_and(|age| {
                min.is_none_or(|min| min <= age) && max.is_none_or(|max| age <= max)
            })
        };
        match admits(first) && limits.all(admits) {
            true => Ok(()),
            false => Err(DomainError::NotEligible(Ineligibility::Age)),
        }
    }
}

/// Returns the date of birth among the answers.
fn birth_date(answers: &Answers) -> Option<NaiveDate> {
    match answers.get(&BIRTH_DATE) {
        Some(Answer::Text(day)) => NaiveDate::parse_from_str(day, "%Y-%m-%d").ok(),
        _ => None,
    }
}

/// Returns the age in whole years on the day that it is in a time zone at a moment. Who is born on 29 February is a year
/// older on 1 March of other years.
fn age_at(birth: NaiveDate, at: DateTime<Utc>, zone: &str) -> i32 {
    let day = at
        .with_timezone(&time_zone::parse_or_utc(zone))
        .date_naive();
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    day.year() - birth.year() - i32::from(!had_birthday)
}

impl<F: FnMut() -> RegistrationId> Decision<F> {
    /// Returns the code of a request, which its account may use now; `None` if there is none and none is required.
    pub(super) fn admitted_code(
        &self,
        request: &PlaceRequest<'_>,
        state: &CompetitionState,
    ) -> Result<Option<CodeState>, DomainError> {
        let Some(digest) = request.code else {
            return match state.eligibility.code_required {
                true => Err(DomainError::CodeRequired),
                false => Ok(None),
            };
        };
        let mut codes = self.codes.values();
        let code = codes.find(|code| code.digest == digest && code.removed_at.is_none());
        // What was released stays expired, even if the clock is set back.
        let code =
            code.filter(|code| code.released_at.is_none() && !code.has_expired(self.context.now));
        let address = self.addresses.get(&request.user);
        let may_use = |code: &&CodeState| match &code.email {
            Some(email) => {
                address.is_some_and(|address| address.email.to_lowercase() == email.to_lowercase())
            }
            None => true,
        };
        let code = code.filter(may_use);
        let code = code.ok_or(DomainError::NotEligible(Ineligibility::Code))?;
        if code.email.is_some() && !self.is_confirmed(address) {
            return Err(DomainError::EmailNotVerified);
        }
        if let (Some(wanted), Some(chosen)) = (state.division_of(code), request.division)
            && wanted != chosen
        {
            let errors = FieldErrors::one("divisionId", CodeProblem::OtherDivision);
            return Err(DomainError::Invalid(errors));
        }
        match code.uses < code.max_uses {
            true => Ok(Some(code.clone())),
            false => Err(DomainError::CodeUsedUp),
        }
    }

    /// Checks that the address of an account is one of those that the competition admits.
    pub(super) fn admits_address(
        &self,
        request: &PlaceRequest<'_>,
        state: &CompetitionState,
    ) -> Result<(), DomainError> {
        if state.eligibility.email_domains.is_empty() {
            return Ok(());
        }
        let address = self.addresses.get(&request.user);
        if address.is_some_and(|address| !state.eligibility.admits_address(&address.email)) {
            return Err(DomainError::NotEligible(Ineligibility::Address));
        }
        match self.is_confirmed(address) {
            true => Ok(()),
            false => Err(DomainError::EmailNotVerified),
        }
    }

    /// Returns whether an address counts: it is confirmed, or nobody can confirm any.
    fn is_confirmed(&self, address: Option<&Address>) -> bool {
        let confirms = self.context.confirms_addresses;
        address.is_some_and(|address| address.confirmed || !confirms)
    }

    /// Returns whether a registration with this code gets one of the seats that are set aside.
    pub(super) fn has_reserved_seat(code: Option<&CodeState>) -> bool {
        code.is_some_and(|code| code.kind == CodeKind::Reserved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_birthday_counts_by_the_clocks_at_the_venue() {
        // In Auckland, it is 2 March already.
        let start = utc("2030-03-01T12:00:00Z");
        assert_eq!(age_at(day("2012-03-02"), start, "Pacific/Auckland"), 18);
        assert_eq!(age_at(day("2012-03-02"), start, "Europe/Berlin"), 17);
        assert_eq!(age_at(day("2012-03-01"), start, "Europe/Berlin"), 18);
    }

    #[test]
    fn who_is_born_on_a_leap_day_is_older_in_march() {
        let start = |text: &str| utc(&format!("{text}T12:00:00Z"));
        assert_eq!(age_at(day("2012-02-29"), start("2030-02-28"), "UTC"), 17);
        assert_eq!(age_at(day("2012-02-29"), start("2030-03-01"), "UTC"), 18);
        assert_eq!(age_at(day("2012-02-29"), start("2032-02-29"), "UTC"), 20);
    }
}
