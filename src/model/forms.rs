//! Forms and their validation. A form holds texts as they were typed; its `parse` returns a value that
//! is valid by construction, or a [`FieldError`] for each field that is not.
//!
//! The same rules hold in the browser, for server functions and for the REST API.

mod account;
mod account_fields;
mod administration;
mod announcement;
mod answers;
mod api_key;
mod bracket;
mod bracket_problem;
mod certificates;
mod check_in;
mod code;
mod code_problem;
mod competition;
mod competition_filter;
mod competition_form;
mod competition_patch;
mod competition_times;
mod credentials;
mod division;
mod eligibility;
mod eligibility_form;
mod errors;
pub mod field_limits;
mod field_problem;
mod filters;
mod match_result;
mod note;
mod organizer_request;
mod participants;
mod performance;
mod present;
mod profile;
mod push_subscription;
mod question;
mod question_problem;
mod registration;
mod request_size;
mod result_problem;
mod saved_view;
mod second_factor;
mod staff;
mod stage;
mod start_numbers;
mod webhook;
mod whole_number;

pub use account::{LogInInput, LogInProof, LoginForm, NewAccount, SignupForm};
pub use administration::{AccountChange, AccountFilter, AuditFilter};
pub use announcement::{AnnouncementForm, AnnouncementInput, BODY_MAX, CHOSEN, SUBJECT_MAX};
pub use answers::{
    ANSWERS_BYTES, GivenAnswers, LONG_ANSWER, SHORT_ANSWER, answer_field, answers_of_form,
    change_answers, check_answers, question_of_field,
};
pub use api_key::{API_KEY_NAME, ApiKeyForm, ApiKeyInput};
pub use bracket::{
    BRACKET_ENTRANTS_MAX, BRACKET_NAME, BRACKETS_MAX, BracketForm, BracketInput, BracketPatch,
    CheckedBracket, SWISS_ROUNDS_MAX, WIN_POINTS_MAX,
};
pub use bracket_problem::BracketProblem;
pub use certificates::{CertificateForm, CertificateInput};
pub use check_in::{
    CheckInBatch, CheckInInput, DEVICE_MAX, OLDEST_SCAN_DAYS, SCAN_CODE_MAX, SCANS_MAX,
};
pub use code::{
    CODE_BATCH, CODE_LABEL, CODE_MAX, CODE_MIN, CODE_USES, CODES_MAX, CodeBatchInput, CodeForm,
    CodeInput, CodePatch, comparable_code,
};
pub use code_problem::CodeProblem;
pub use competition::CompetitionInput;
pub use competition_filter::{
    CompetitionFilter, LIST_PARAMETERS, LIST_TOTAL_MAX, MOST_MATCHES, OPEN, PLACE_LENGTH,
    SEARCH_LENGTH, Sort,
};
pub use competition_form::{CompetitionForm, local_time};
pub use competition_patch::CompetitionPatch;
pub use competition_times::{CompetitionTimes, check_publication};
pub use credentials::{
    AccountTokenForm, ChangeEmailForm, ChangePasswordForm, ConfirmPasswordForm, ForgotPasswordForm,
    NewPasswordForm, ResetPasswordForm,
};
pub use division::{
    AGE_MAX, DIVISION_NAME, DIVISIONS_MAX, DivisionForm, DivisionInput, DivisionPatch,
    START_NUMBER_MAX,
};
pub use eligibility::{EMAIL_DOMAIN, EMAIL_DOMAINS};
pub use eligibility_form::EligibilityForm;
pub use errors::{FieldError, FieldErrors, InvalidField};
pub use field_problem::{FieldProblem, RequestProblem, utf8_lines};
pub use filters::{COUNTED_REGISTRATIONS, Paging, RegistrationFilter};
pub use match_result::{EntrantPatch, MATCH_SCORE_MAX, MatchResultForm, MatchResultInput};
pub use note::{NOTE_MAX, note};
pub use organizer_request::{OrganizerRequestForm, REASON_LENGTH};
pub use participants::{
    BULK_MAX, BulkInput, MATCHING_MAX, NewParticipant, ParticipantForm, REASON_MAX,
    registration_ids,
};
pub use performance::{
    CheckedPerformance, PERFORMANCES_BYTES, PERFORMANCES_MAX, PerformanceForm, PerformanceInput,
    RESULT_NOTE,
};
pub use profile::{ProfileChange, ProfileForm};
pub use push_subscription::{
    EndPushForm, PUSH_AUTH_LENGTH, PUSH_ENDPOINT_LENGTH, PUSH_KEY_LENGTH, PushKeysForm,
    PushSubscriptionForm,
};
pub use question::{
    OPTIONS_MAX, QUESTION_HELP, QUESTION_LABEL, QUESTION_OPTION, QUESTIONS_EVER, QUESTIONS_MAX,
    QuestionForm, QuestionInput, QuestionPatch,
};
pub use question_problem::QuestionProblem;
pub use registration::{AnswersPatch, RegistrationInput};
pub use request_size::{BYTES_PER_CHAR, LARGEST_REQUEST};
pub use result_problem::ResultProblem;
pub use saved_view::{SavedViewInput, SavedViewPatch, VIEW_NAME};
pub use second_factor::{
    ConfirmTotpForm, LONGEST_CODE, RECOVERY_ALPHABET, RECOVERY_CODE_LENGTH, RemoveTotpForm,
    SecondFactorCode, SecondStepForm, TOTP_DIGITS,
};
pub use staff::{InvitationAnswer, StaffForm, StaffPatch, TOKEN_MAX};
pub use stage::{
    CheckedStage, PublicationInput, STAGE_NAME, STAGE_UNIT, STAGES_MAX, StageForm, StageInput,
    StagePatch,
};
pub use start_numbers::{StartNumberForm, StartNumberInput};
pub use webhook::{WEBHOOK_URL_LENGTH, WebhookForm, WebhookInput};
