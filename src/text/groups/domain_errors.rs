//! Sentences that explain domain errors to people.

use crate::{
    model::{DomainError, Ineligibility, time_zone::DEFAULT_TIME_ZONE},
    text::dates::{DateStyle, date_time},
};

sentences! {
    /// Sentences that explain domain errors to people.
    DomainErrorText {
        unauthenticated;
        invalid_credentials;
        second_factor_required;
        invalid_second_factor;
        second_factor_active;
        recent_login_required;
        token_invalid;
        email_not_verified;
        account_disabled;
        organizes_competitions;
        last_administrator;
        last_owner;
        forbidden;
        not_found;
        invalid;
        email_taken;
        stale_form;
        request_in_progress;
        competition_full;
        division_full;
        code_refused;
        address_refused;
        age_refused;
        conditions_refused;
        code_required;
        code_used_up;
        already_registered;
        registration_closed;
        not_open_yet(when: &str);
        registration_paused;
        capacity_below_registrations;
        division_has_registrations;
        stage_has_results;
        bracket_has_results;
        later_matches_played;
        registrations_without_division;
        list_too_long;
        answers_closed;
        announcement_sent;
        ticket_invalid;
        ticket_of_another_competition;
        ticket_cancelled;
        ticket_waitlisted;
        not_taking_place;
        check_in_undone;
        precondition_failed;
        too_many_requests(seconds: u64);
        unsupported_picture;
        pictures_unavailable;
        overloaded;
        api_recent_login_required;
        api_idempotency_key_required;
        api_idempotency_key_reused;
        api_request_in_progress;
        api_precondition_failed;
    }
}

impl DomainErrorText {
    /// Returns the sentence for a domain error, as a page shows it.
    #[must_use]
    pub fn explain(&self, error: &DomainError) -> String {
        match error {
            DomainError::Unauthenticated => self.unauthenticated,
            DomainError::InvalidCredentials => self.invalid_credentials,
            DomainError::SecondFactorRequired => self.second_factor_required,
            DomainError::InvalidSecondFactor => self.invalid_second_factor,
            DomainError::SecondFactorActive => self.second_factor_active,
            DomainError::RecentLoginRequired => self.recent_login_required,
            DomainError::TokenInvalid => self.token_invalid,
            DomainError::EmailNotVerified => self.email_not_verified,
            DomainError::AccountDisabled => self.account_disabled,
            DomainError::OrganizesCompetitions => self.organizes_competitions,
            DomainError::LastAdministrator => self.last_administrator,
            DomainError::LastOwner => self.last_owner,
            DomainError::Forbidden => self.forbidden,
            DomainError::NotFound => self.not_found,
            DomainError::Invalid(_) => self.invalid,
            DomainError::EmailTaken => self.email_taken,
            DomainError::IdempotencyKeyRequired | DomainError::IdempotencyKeyReused => {
                self.stale_form
            }
            DomainError::RequestInProgress => self.request_in_progress,
            DomainError::CompetitionFull => self.competition_full,
            DomainError::DivisionFull => self.division_full,
            DomainError::NotEligible(reason) => match reason {
                Ineligibility::Code => self.code_refused,
                Ineligibility::Address => self.address_refused,
                Ineligibility::Age => self.age_refused,
                Ineligibility::Conditions => self.conditions_refused,
            },
            DomainError::CodeRequired => self.code_required,
            DomainError::CodeUsedUp => self.code_used_up,
            DomainError::AlreadyRegistered => self.already_registered,
            DomainError::RegistrationClosed => self.registration_closed,
            DomainError::NotOpenYet { opens_at, .. } => {
                let when = date_time(self.language, DateStyle::Full, *opens_at, DEFAULT_TIME_ZONE);
                return self.not_open_yet(&when);
            }
            DomainError::RegistrationPaused { .. } => self.registration_paused,
            DomainError::CapacityBelowRegistrations => self.capacity_below_registrations,
            DomainError::DivisionHasRegistrations => self.division_has_registrations,
            DomainError::StageHasResults => self.stage_has_results,
            DomainError::BracketHasResults => self.bracket_has_results,
            DomainError::LaterMatchesPlayed => self.later_matches_played,
            DomainError::RegistrationsWithoutDivision => self.registrations_without_division,
            DomainError::ListTooLong => self.list_too_long,
            DomainError::AnswersClosed => self.answers_closed,
            DomainError::AnnouncementSent => self.announcement_sent,
            DomainError::TicketInvalid => self.ticket_invalid,
            DomainError::TicketOfAnotherCompetition => self.ticket_of_another_competition,
            DomainError::TicketCancelled => self.ticket_cancelled,
            DomainError::TicketWaitlisted => self.ticket_waitlisted,
            DomainError::NotTakingPlace => self.not_taking_place,
            DomainError::CheckInUndone => self.check_in_undone,
            DomainError::PreconditionFailed => self.precondition_failed,
            DomainError::TooManyRequests { retry_after } => {
                return self.too_many_requests(*retry_after);
            }
            DomainError::UnsupportedPicture => self.unsupported_picture,
            DomainError::PicturesUnavailable { .. } => self.pictures_unavailable,
            DomainError::Overloaded { .. } => self.overloaded,
        }
        .to_owned()
    }

    /// Returns the sentence for a domain error, as a program's author reads it in a problem document.
    #[must_use]
    pub fn explain_to_client(&self, error: &DomainError) -> String {
        match error {
            DomainError::RecentLoginRequired => self.api_recent_login_required.to_owned(),
            DomainError::IdempotencyKeyRequired => self.api_idempotency_key_required.to_owned(),
            DomainError::IdempotencyKeyReused => self.api_idempotency_key_reused.to_owned(),
            DomainError::RequestInProgress => self.api_request_in_progress.to_owned(),
            DomainError::PreconditionFailed => self.api_precondition_failed.to_owned(),
            other => self.explain(other),
        }
    }
}
