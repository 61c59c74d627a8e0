//! The sentences that explain what is wrong with a field.

use super::Catalogue;
use crate::model::{
    forms::{FieldProblem, RequestProblem},
    text_rules::TextError,
};

impl Catalogue {
    /// Returns the sentence that says how to correct a field.
    #[must_use]
    pub fn field_problem(&self, problem: &FieldProblem) -> String {
        let t = &self.field_errors;
        match problem {
            FieldProblem::NoName => t.enter_name,
            FieldProblem::NoEmail => t.enter_email,
            FieldProblem::NoTitle => t.enter_title,
            FieldProblem::NoTag => t.enter_tag,
            FieldProblem::NoSubject => t.enter_subject,
            FieldProblem::NoBody => t.enter_body,
            FieldProblem::NoPassword => t.enter_password,
            FieldProblem::NoNewPassword => t.choose_password,
            FieldProblem::NoSeats => t.enter_seats,
            FieldProblem::NoTime => t.enter_time,
            FieldProblem::Text(error) => return self.text_error(*error),
            FieldProblem::NotAnEmail => t.email_form,
            FieldProblem::EmailTaken => t.email_taken,
            FieldProblem::WeakPassword => t.password_too_easy,
            FieldProblem::WrongPassword => t.password_wrong,
            FieldProblem::WrongCredentials => self.domain_errors.invalid_credentials,
            FieldProblem::WrongLogInCode => self.account.code_wrong,
            FieldProblem::NotACode => t.six_digits,
            FieldProblem::NotAnAppCode => t.app_digits,
            FieldProblem::NotASecondFactor => t.app_or_recovery_code,
            FieldProblem::WrongSecondFactor => self.domain_errors.invalid_second_factor,
            FieldProblem::PasswordAndCode => t.password_or_code,
            FieldProblem::NotATime => t.time_form,
            FieldProblem::SkippedTime => t.time_skipped,
            FieldProblem::PastTime => t.time_past,
            FieldProblem::FutureTime => self.check_in.future_time,
            FieldProblem::TimeTooOld(days) => return self.check_in.time_too_old(*days),
            FieldProblem::TooManyScans(most) => return self.check_in.too_many_scans(*most),
            FieldProblem::ImplausibleYear => t.year_bounds,
            FieldProblem::PublishesAfterClosing => t.publishes_before_closing,
            FieldProblem::NoDraftToPublish => t.only_drafts_are_published,
            FieldProblem::OpensAfterClosing => t.opens_before_closing,
            FieldProblem::ClosesAfterStart => t.closes_before_start,
            FieldProblem::EndsBeforeStart => t.ends_after_start,
            FieldProblem::UnknownTimeZone => t.time_zone_form,
            FieldProblem::NumberOutOfBounds(most) => return t.number_bounds(*most),
            FieldProblem::TooManyTags(most) => return t.too_many_tags(*most),
            FieldProblem::TooManyAnnouncements(most) => return t.too_many_announcements(*most),
            FieldProblem::CommaInTag => t.comma_in_tag,
            FieldProblem::NoDivision => self.divisions.choose,
            FieldProblem::UnknownDivision => self.divisions.unknown,
            FieldProblem::DivisionNameTaken => self.divisions.name_taken,
            FieldProblem::TooManyDivisions(most) => return self.divisions.too_many(*most),
            FieldProblem::AgesOutOfOrder => self.divisions.ages_out_of_order,
            FieldProblem::StartNumbersOutOfOrder => self.start_numbers.out_of_order,
            FieldProblem::HalfARange => self.start_numbers.half_a_range,
            FieldProblem::NoKeyName => self.api_keys.enter_name,
            FieldProblem::NoScope => self.api_keys.no_scope,
            FieldProblem::NotUtf8(line) => return self.import.not_utf8(*line),
            FieldProblem::TooManyLines(most) => return self.import.too_many_lines(*most),
            FieldProblem::ListTooLarge(most) => return self.import.too_large(*most),
            FieldProblem::LongLine(line) => return self.import.long_line(*line),
            FieldProblem::RaggedLine(columns) => return self.import.ragged(*columns),
            FieldProblem::CancelledLine => self.import.cancelled,
            FieldProblem::RepeatedLine(line) => return self.import.repeated(*line),
            FieldProblem::EmptyList => self.import.empty,
            FieldProblem::TooManyNotes(most) => return self.person.too_many_notes(*most),
            FieldProblem::NoViewName => self.saved_views.enter_name,
            FieldProblem::ViewNameTaken => self.saved_views.name_taken,
            FieldProblem::TooManyViews(most) => return self.saved_views.too_many(*most),
            FieldProblem::UnknownView => self.saved_views.unknown,
            FieldProblem::NotAWebhookAddress => self.webhooks.url_form,
            FieldProblem::NotAPublicAddress => self.webhooks.not_public_address,
            FieldProblem::NoEvent => self.webhooks.no_event,
            FieldProblem::TooManyWebhooks(most) => return self.webhooks.too_many(*most),
            FieldProblem::TooManyApiKeys(most) => return self.api_keys.too_many(*most),
            FieldProblem::NotInList => t.choose_from_list,
            FieldProblem::StatusIsFinal => t.status_is_final,
            FieldProblem::DraftHasNobody => t.draft_has_nobody,
            FieldProblem::CertificatesBeforeStart => self.certificates.before_start,
            FieldProblem::SeatsTaken => t.capacity_too_small,
            FieldProblem::SavedMeanwhile(value) if value.is_empty() => {
                self.flash.saved_meanwhile_empty
            }
            FieldProblem::SavedMeanwhile(value) => return self.flash.saved_meanwhile(value),
            FieldProblem::NoPicture => self.picture.none_chosen,
            FieldProblem::Picture(error) => self.picture.explain(*error),
            FieldProblem::NobodyChosen => t.nobody_chosen,
            FieldProblem::UndoTooLate => t.undo_too_late,
            FieldProblem::TooManyChosen(most) => return t.too_many_chosen(*most),
            FieldProblem::UnusableAddress => t.unusable_address,
            FieldProblem::AlreadyStaff => self.staff.already_staff,
            FieldProblem::TooManyStaff(most) => return self.staff.too_many(*most),
            FieldProblem::InvitationOpen => self.staff.invitation_open,
            FieldProblem::SuccessorIsNoOrganizer => self.staff.successor_is_no_organizer,
            FieldProblem::NoContact => self.account.contact_invalid,
            FieldProblem::Question(problem) => return self.questions.problem(problem),
            FieldProblem::Result(problem) => return self.results.problem(problem),
            FieldProblem::Code(problem) => return self.codes.problem(problem),
            FieldProblem::Bracket(problem) => return self.brackets.problem(problem),
            FieldProblem::Request(problem) => return self.request_problem(problem),
        }
        .to_owned()
    }

    fn text_error(&self, error: TextError) -> String {
        let t = &self.field_errors;
        match error {
            TextError::Empty => t.enter_body.to_owned(),
            TextError::TooShort(least) => t.too_short(count(least)),
            TextError::TooLong(most) => t.too_long(count(most)),
            TextError::NoLine => t.no_line_breaks.to_owned(),
            TextError::Control => t.no_control_characters.to_owned(),
            TextError::Direction => t.no_direction_changes.to_owned(),
        }
    }

    fn request_problem(&self, problem: &RequestProblem) -> String {
        let t = &self.request_fields;
        match problem {
            RequestProblem::Required => t.required,
            RequestProblem::Unknown => t.unknown,
            RequestProblem::Twice => t.twice,
            RequestProblem::NotAString => t.send_string,
            RequestProblem::NotABoolean => t.send_boolean,
            RequestProblem::NotAWholeNumber => t.send_whole_number,
            RequestProblem::NotANumber => t.send_number,
            RequestProblem::NotAnArray => t.send_array,
            RequestProblem::NotAnObject => t.send_object,
            RequestProblem::NotATime(example) => return t.send_time(example),
            RequestProblem::NotADay(day, time) => return t.send_day(day, time),
            RequestProblem::NoneOf(names) => return t.send_one_of(names),
            RequestProblem::NotAnId => t.send_id,
            RequestProblem::BrokenCharacter => t.send_whole_characters,
            RequestProblem::OtherKind => t.send_other_kind,
            RequestProblem::UnknownName => t.named,
            RequestProblem::WholeNumberOutOfBounds(most) => return t.whole_number_bounds(*most),
            RequestProblem::NotAnAccount => t.account_id,
            RequestProblem::NotAPushEndpoint => t.push_endpoint,
            RequestProblem::NotAPushKey => t.push_key,
            RequestProblem::NoGroup => t.name_a_group,
            RequestProblem::NotRetryable(reason) => return t.not_retryable(reason),
        }
        .to_owned()
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
