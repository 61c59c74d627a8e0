//! Forms and their validation. A form holds texts as they were typed; its `parse` returns a value that
//! is valid by construction, or a [`FieldError`] for each field that is not.
//!
//! The same rules hold in the browser, for server functions and for the REST API.

mod account;
mod announcement;
mod competition;
mod competition_filter;
mod competition_patch;
mod competition_times;
mod errors;
pub mod field_limits;
mod field_problem;
mod filters;
mod push_subscription;
mod request_size;
mod second_factor;
mod whole_number;

#[cfg(feature = "ssr")]
pub(in crate::model) use account::email;
pub use account::{
    AccountTokenForm, ChangeEmailForm, ChangePasswordForm, ConfirmPasswordForm, ForgotPasswordForm,
    LogInInput, LogInProof, LoginForm, NewAccount, NewPasswordForm, ProfileChange, ProfileForm,
    ResetPasswordForm, SignupForm,
};
pub use announcement::{AnnouncementForm, AnnouncementInput, BODY_MAX, SUBJECT_MAX};
pub use competition::{CompetitionForm, CompetitionInput};
pub use competition_filter::{
    CompetitionFilter, LIST_PARAMETERS, LIST_TOTAL_MAX, MOST_MATCHES, OPEN, PLACE_LENGTH,
    SEARCH_LENGTH, Sort,
};
pub use competition_patch::CompetitionPatch;
pub use competition_times::CompetitionTimes;
pub use errors::{FieldError, FieldErrors, InvalidField};
pub use field_problem::{FieldProblem, RequestProblem};
pub use filters::{Paging, RegistrationFilter};
pub use push_subscription::{
    EndPushForm, PUSH_AUTH_LENGTH, PUSH_ENDPOINT_LENGTH, PUSH_KEY_LENGTH, PushKeysForm,
    PushSubscriptionForm,
};
pub use request_size::{BYTES_PER_CHAR, LARGEST_REQUEST};
pub use second_factor::{
    ConfirmTotpForm, LONGEST_CODE, RECOVERY_ALPHABET, RECOVERY_CODE_LENGTH, RemoveTotpForm,
    SecondFactorCode, SecondStepForm, TOTP_DIGITS,
};
